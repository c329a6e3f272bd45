import { scaleLinear } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import type { StepsFigure } from '../../core/figures.ts';

const WIDTH = 264;
const HEIGHT = 96;
const PAD = { left: 24, right: 10, top: 10, bottom: 16 };

/** A number that holds from step to step over the whole run, with a dot where the run stands. */
export function FigureSteps({ figure }: { figure: StepsFigure }) {
  const { title, values, now, xTitle, yTitle } = figure;
  const last = values.length - 1;
  const most = Math.max(...values);
  const x = scaleLinear([0, last], [PAD.left, WIDTH - PAD.right]);
  const y = scaleLinear([0, most], [HEIGHT - PAD.bottom, PAD.top]);
  const path = line<number>((_, step) => x(step), y).curve(curveStepAfter)([...values]);
  return (
    <svg
      className="figure-steps"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`${title}, ${yTitle} against ${xTitle}: ${now.value} at ${now.step}, from ${values[0]} at 0 to ${values[last]} at ${last}`}
    >
      <line className="figure-axis" x1={PAD.left} x2={WIDTH - PAD.right} y1={y(0)} y2={y(0)} />
      <line className="figure-now" x1={x(now.step)} x2={x(now.step)} y1={PAD.top} y2={y(0)} />
      <path className="figure-line" d={path ?? ''} />
      <circle className="figure-dot" cx={x(now.step)} cy={y(now.value)} r="4" />
      <text x={PAD.left - 4} y={y(most) + 3} textAnchor="end">
        {most}
      </text>
      <text x={PAD.left - 4} y={y(0) + 3} textAnchor="end">
        0
      </text>
      <text x={PAD.left} y={HEIGHT - 4}>
        0
      </text>
      <text x={(PAD.left + WIDTH - PAD.right) / 2} y={HEIGHT - 4} textAnchor="middle">
        {xTitle}
      </text>
      <text x={WIDTH - PAD.right} y={HEIGHT - 4} textAnchor="end">
        {last}
      </text>
    </svg>
  );
}
