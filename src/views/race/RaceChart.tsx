import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import type { CurvePoint } from '../../core/metrics/learningCurves.ts';
import type { RaceAxis, RaceMeasure } from '../../state/raceCurves.ts';
import { formatCompact } from '../../ui/number.ts';
import { lineOf, spreadLabels } from './lines.ts';

export interface Series {
  key: string;
  label: string;
  line: number;
  points: readonly CurvePoint[];
}

interface RaceChartProps {
  series: readonly Series[];
  axis: RaceAxis;
  measure: RaceMeasure;
  place: number;
  onPlace: (place: number) => void;
}

const AXIS_TITLES: Readonly<Record<RaceAxis, string>> = { step: 'step', tokens: 'tokens sampled', seconds: 'seconds of training' };
export const MEASURE_TITLES: Readonly<Record<RaceMeasure, string>> = {
  reward: 'reward on held-out prompts',
  entropy: 'entropy on held-out prompts, nats',
  length: 'length on held-out prompts, tokens',
};

const TOP = 8;
const LEFT = 44;
const BOTTOM = 36;
/** Below this width, px, the list of entrants alone says which curve is which. */
const LABELLED = 480;
const LABEL_GAP = 15;

/** Mean curves with their 95 % bands. The table under it has the same numbers, so the drawing is hidden from screen readers. */
export function RaceChart({ series, axis, measure, place, onPlace }: RaceChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { width, height } = size;
  const isLabelled = width >= LABELLED;
  const right = width - (isLabelled ? 120 : 10);
  const bottom = height - BOTTOM;
  const all = series.flatMap(({ points }) => points);
  const high = Math.max(0, ...all.map(({ mean, half }) => mean + (Number.isNaN(half) ? 0 : half)));
  const x = scaleLinear([0, Math.max(1, ...all.map((point) => point.x))], [LEFT, right]);
  const y = scaleLinear([0, measure === 'reward' ? 1 : high > 0 ? high : 1], [bottom, TOP]).clamp(true);
  const curve = line<CurvePoint>(
    (point) => x(point.x),
    (point) => y(point.mean),
  );
  const band = area<CurvePoint>(
    (point) => x(point.x),
    (point) => y(point.mean - point.half),
    (point) => y(point.mean + point.half),
  ).defined(({ half }) => !Number.isNaN(half));
  const drawn = series.filter(({ points }) => points.length > 0);
  const ends = drawn.map(({ points }) => points[points.length - 1]);
  const heights = spreadLabels(
    ends.map(({ mean }) => y(mean)),
    LABEL_GAP,
    bottom,
  );
  const onPointer = (event: PointerEvent): void => {
    if (event.type === 'pointermove' && event.buttons === 0) return;
    const { left } = event.currentTarget.getBoundingClientRect();
    onPlace(x.invert(Math.min(right, Math.max(LEFT, event.clientX - left))));
  };
  return (
    <div ref={box} className="race-chart" aria-hidden="true" onPointerDown={onPointer} onPointerMove={onPointer}>
      {width > 0 && height > 0 && (
        <svg width={width} height={height} focusable="false" aria-hidden="true">
          <g className="race-grid">
            {y.ticks(5).map((tick) => (
              <g key={tick}>
                <line x1={LEFT} x2={right} y1={y(tick)} y2={y(tick)} />
                <text x={LEFT - 6} y={y(tick)} dy="0.32em" textAnchor="end">
                  {formatCompact(tick)}
                </text>
              </g>
            ))}
            {x.ticks(Math.max(2, Math.floor((right - LEFT) / 90))).map((tick) => (
              <text key={tick} x={x(tick)} y={bottom + 15} textAnchor="middle">
                {tick >= 10_000 ? `${formatCompact(tick / 1000)}k` : formatCompact(tick)}
              </text>
            ))}
            <text x={(LEFT + right) / 2} y={height - 4} textAnchor="middle">
              {AXIS_TITLES[axis]}
            </text>
          </g>
          {drawn.map(({ key, line: index, points }) => (
            <path key={key} className="race-band" d={band([...points]) ?? ''} style={{ fill: lineOf(index).colour }} />
          ))}
          {drawn.map(({ key, line: index, points }) => (
            <path
              key={key}
              className="race-line"
              d={curve([...points]) ?? ''}
              strokeDasharray={lineOf(index).dash}
              style={{ stroke: lineOf(index).colour }}
            />
          ))}
          <line className="race-place" x1={x(place)} x2={x(place)} y1={TOP} y2={bottom} />
          {isLabelled &&
            drawn.map(({ key, label, line: index }, i) => (
              <g key={key} className="race-label" style={{ color: lineOf(index).colour }}>
                <path d={`M${x(ends[i].x)},${y(ends[i].mean)}L${right + 6},${heights[i]}`} />
                <text x={right + 9} y={heights[i]} dy="0.32em">
                  {label.length > 15 ? `${label.slice(0, 14)}…` : label}
                </text>
              </g>
            ))}
        </svg>
      )}
    </div>
  );
}
