import { scaleLinear } from 'd3-scale';
import { line as linePath } from 'd3-shape';
import { useId } from 'react';
import { formatNumber } from '../../ui/number.ts';
import { branchSentence, type ClipInput, clipGeometry } from './clipDiagram.ts';

const WIDTH = 264;
const HEIGHT = 104;
const PAD = { left: 6, right: 6, top: 8, bottom: 18 };

/** The surrogate against the ratio: where it bends for this token, where it is flat, and where the token stands. */
export function ClipDiagram(input: ClipInput) {
  const hatch = useId();
  const geometry = clipGeometry(input);
  const x = scaleLinear(geometry.x, [PAD.left, WIDTH - PAD.right]);
  const y = scaleLinear(geometry.y[0] === geometry.y[1] ? [-1, 1] : geometry.y, [HEIGHT - PAD.bottom, PAD.top]);
  const path = linePath<readonly [number, number]>(
    ([ratio]) => x(ratio),
    ([, value]) => y(value),
  )(geometry.line as [number, number][]);
  const ticks = spread(
    [
      ...(input.advantage < 0 ? [{ at: input.dual, label: `c = ${formatNumber(input.dual, 1)}` }] : []),
      { at: input.low, label: formatNumber(input.low, 2) },
      { at: input.high, label: formatNumber(input.high, 2) },
      { at: 1, label: '1' },
    ].filter((tick) => tick.at >= geometry.x[0] && tick.at <= geometry.x[1]),
    x,
  );
  const band = [Math.max(input.low, geometry.x[0]), Math.min(input.high, geometry.x[1])] as const;
  const sentence = branchSentence(input);

  return (
    <figure className="clip">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Surrogate loss against the ratio. ${sentence}`}>
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" className="clip-hatch-line" />
          </pattern>
        </defs>
        <rect
          className="clip-band"
          x={x(band[0])}
          y={PAD.top}
          width={Math.max(0, x(band[1]) - x(band[0]))}
          height={HEIGHT - PAD.top - PAD.bottom}
        />
        {geometry.flat.map(([from, to]) => (
          <rect
            key={from}
            fill={`url(#${CSS.escape(hatch)})`}
            x={x(from)}
            y={PAD.top}
            width={x(to) - x(from)}
            height={HEIGHT - PAD.top - PAD.bottom}
          />
        ))}
        <line className="clip-zero" x1={PAD.left} x2={WIDTH - PAD.right} y1={y(0)} y2={y(0)} />
        <line className="clip-one" x1={x(1)} x2={x(1)} y1={PAD.top} y2={HEIGHT - PAD.bottom} />
        <path className={input.advantage < 0 ? 'clip-line is-negative' : 'clip-line is-positive'} d={path ?? ''} />
        <circle className="clip-point" cx={x(geometry.point[0])} cy={y(geometry.point[1])} r="5" />
        {ticks.map((tick) => (
          <text key={tick.label} className="clip-tick" x={tick.x} y={HEIGHT - 4} textAnchor="middle">
            {tick.label}
          </text>
        ))}
      </svg>
      <figcaption>{sentence}</figcaption>
    </figure>
  );
}

/** Keeps labels apart by leaving out those that would collide with an earlier, more important one. */
function spread<Tick extends { at: number; label: string }>(
  ticks: readonly Tick[],
  x: (value: number) => number,
): (Tick & { x: number })[] {
  const placed: (Tick & { x: number })[] = [];
  for (const tick of ticks) {
    const at = Math.min(WIDTH - 16, Math.max(16, x(tick.at)));
    if (placed.every((other) => Math.abs(other.x - at) >= 28)) placed.push({ ...tick, x: at });
  }
  return placed;
}
