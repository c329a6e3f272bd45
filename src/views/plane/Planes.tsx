import { type KeyboardEvent, type PointerEvent, useDeferredValue, useMemo, useState } from 'react';
import type { RolloutBatch } from '../../core/batch.ts';
import { groupTokens } from '../../core/batchSlice.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { PlaneMark, PlaneView, TokenPlane } from '../../core/stages/plane.ts';
import type { Task } from '../../core/tasks/types.ts';
import { formatNumber } from '../../ui/number.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { visibleGlyph } from '../matrix/text.ts';
import { HEIGHT, nearestToken, nextToken, pinOf, planeScale, tokenAt, WIDTH } from './planeGeometry.ts';
import type { PlaneScale } from './planeGeometry.ts';
import './plane.css';

/** The pictures of all tokens that the viewed method brings. */
export function Planes() {
  // After the frame that shows the change in the matrix.
  const batch = useDeferredValue(useLabState((state) => state.batch));
  const task = useDeferredValue(useLabState((state) => state.task));
  const derived = useDeferredValue(useLabState((state) => state.derived));
  const credit = derived?.credit?.credit.length === batch?.tokens.length ? derived?.credit : null;
  if (!batch || !task || !credit) return null;
  return derived?.composed.method.planes?.map((view) => <Plane key={view.title} view={view} batch={batch} task={task} credit={credit} />);
}

interface PlaneProps {
  view: PlaneView;
  batch: RolloutBatch;
  task: Task;
  credit: CreditResult;
}

function Plane({ view, batch, task, credit }: PlaneProps) {
  const lab = useLab();
  const group = useLabState((state) => state.group);
  const pin = useLabState((state) => state.landedPin);
  const [hovered, setHovered] = useState<number | null>(null);
  const plane = useMemo(() => view.of(batch, credit), [view, batch, credit]);
  const scale = useMemo(() => (plane ? planeScale(plane) : null), [plane]);
  if (!plane || !scale) return <p className="quiet">{view.title}: this step has no two sides to tell apart.</p>;
  const pinned = tokenAt(batch, pin);
  const shown = hovered !== null && hovered < batch.tokens.length ? hovered : pinned;
  const range = groupTokens(batch, group);

  const choose = (token: number) => {
    const place = pinOf(batch, token);
    if (place.group !== group) lab.showPrompt(place.group);
    lab.setPin(place);
  };
  const under = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [((event.clientX - box.left) / box.width) * WIDTH, ((event.clientY - box.top) / box.height) * HEIGHT];
    return nearestToken(plane, scale, x, y);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : null;
    if (direction) setHovered(nextToken(plane, shown ?? range[0], range, direction));
    else if (event.key === 'Enter' && shown !== null) choose(shown);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <figure className="plane">
      <h3>{view.title}</h3>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className={hovered === null ? undefined : 'is-over'}
        // The picture is one stop: arrows walk through the prompt's tokens from left to right, Enter pins.
        role="application"
        aria-roledescription="scatter plot"
        aria-label={`${view.title}: arrow keys walk through this prompt’s tokens from left to right, Enter pins one`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it answers to the keyboard
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setHovered(under(event))}
        onPointerLeave={() => setHovered(null)}
        onBlur={() => setHovered(null)}
        onClick={() => hovered !== null && choose(hovered)}
      >
        <line className="plane-middle" x1={scale.x(0)} x2={scale.x(0)} y1={0} y2={HEIGHT} />
        <Points plane={plane} scale={scale} range={range} />
        {plane.marks.map((mark) => (
          <Mark key={`${mark.side} ${mark.isBefore}`} mark={mark} scale={scale} />
        ))}
        {[shown, pinned].map((token, k) =>
          token === null ? null : (
            <circle
              // biome-ignore lint/suspicious/noArrayIndexKey: the token looked at, and the pinned one
              key={k}
              className={k === 1 ? 'plane-pinned' : 'plane-shown'}
              cx={scale.x(plane.x[token])}
              cy={scale.y(plane.y[token])}
              r="7"
            />
          ),
        )}
      </svg>
      <p className="plane-read" role="status">
        {shown === null ? 'Point at a token, click to pin it.' : sentenceOf(batch, task, plane, shown)}
      </p>
      <figcaption>
        <span className="plane-key">
          <svg viewBox="-5 -5 10 10" aria-hidden="true">
            <circle r="3.5" className="is-plus" />
          </svg>{' '}
          pushed up{' '}
          <svg viewBox="-5 -5 10 10" aria-hidden="true">
            <rect x="-3" y="-3" width="6" height="6" className="is-minus" />
          </svg>{' '}
          pushed down; strong: this prompt
        </span>
        → {view.x}, ↑ {view.y}. {view.meaning}
      </figcaption>
    </figure>
  );
}

/** One path for each kind of point: a picture of hundreds of tokens is four elements. */
function Points({ plane, scale, range: [first, last] }: { plane: TokenPlane; scale: PlaneScale; range: readonly [number, number] }) {
  const paths = useMemo(() => {
    const round = (value: number) => Math.round(10 * value) / 10;
    const kinds = { others: { plus: '', minus: '', none: '' }, own: { plus: '', minus: '', none: '' } };
    plane.x.forEach((value, t) => {
      if (Number.isNaN(plane.side[t])) return;
      const [x, y] = [round(scale.x(value)), round(scale.y(plane.y[t]))];
      const kind = kinds[t >= first && t < last ? 'own' : 'others'];
      if (plane.side[t] > 0) kind.plus += `M${x - 3},${y}a3,3 0 1 0 6,0a3,3 0 1 0 -6,0`;
      else if (plane.side[t] < 0) kind.minus += `M${x - 2.5},${y - 2.5}h5v5h-5z`;
      else kind.none += `M${x - 1},${y}a1,1 0 1 0 2,0a1,1 0 1 0 -2,0`;
    });
    return kinds;
  }, [plane, scale, first, last]);
  return (
    <>
      {(['others', 'own'] as const).map((whose) => (
        <g key={whose} className={`plane-${whose}`}>
          <path className="is-none" d={paths[whose].none} />
          <path className="is-minus" d={paths[whose].minus} />
          <path className="is-plus" d={paths[whose].plus} />
        </g>
      ))}
    </>
  );
}

function Mark({ mark, scale }: { mark: PlaneMark; scale: PlaneScale }) {
  const [x, y] = [scale.x(mark.x), scale.y(mark.y)];
  const className = `plane-mark ${mark.side > 0 ? 'is-plus' : 'is-minus'}`;
  if (mark.isBefore) return <circle className={className} cx={x} cy={y} r="6" />;
  return <path className={className} d={`M${x - 6},${y - 6}L${x + 6},${y + 6}M${x + 6},${y - 6}L${x - 6},${y + 6}`} />;
}

function sentenceOf(batch: RolloutBatch, task: Task, plane: TokenPlane, token: number): string {
  const { group, response, position } = pinOf(batch, token);
  const glyph = visibleGlyph(task.vocabulary[batch.tokens[token]] ?? '?');
  const side = plane.side[token] > 0 ? 'pushed up' : plane.side[token] < 0 ? 'pushed down' : 'no push';
  return `“${glyph}” of prompt ${group + 1}, response ${response + 1}, token ${position + 1}, ${side}: ${formatNumber(plane.x[token], 2, { sign: true })} from the middle`;
}
