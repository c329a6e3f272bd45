import { memo, type PointerEvent } from 'react';
import { formatCompact } from '../../ui/number.ts';
import { axisTop, type CurveKind, curvePath, nearestIndex, type StepMetrics, stepScale, valueAt } from './series.ts';

interface CurveProps {
  kind: CurveKind;
  label: string;
  title: string;
  /** The number printed beside the label: of the step under the pointer, else the last. */
  value: string;
  metrics: readonly StepMetrics[];
  k: number;
  /** The choices of k; null on the curves that have none. */
  sizes: readonly number[] | null;
  onSize: (k: number) => void;
  hovered: number | null;
  onHover: (index: number | null) => void;
  onScrub?: (step: number) => void;
}

/** One small plot with the ends of its axes labelled. The same numbers are in the table, so the drawing is hidden from screen readers. */
export function Curve({ kind, label, title, value, metrics, k, sizes, onSize, hovered, onHover, onScrub }: CurveProps) {
  const top = axisTop(kind, metrics, k);
  const indexAt = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return nearestIndex(metrics, (event.clientX - box.left) / box.width);
  };
  const row = hovered === null ? undefined : metrics[hovered];
  const height = row ? valueAt(kind, row, k) / top : NaN;

  return (
    <div className="curve" data-title={label} data-meaning={title}>
      <div className="curve-head">
        {sizes && sizes.length > 1 ? (
          <label title={title}>
            <span className="visually-hidden">k of pass@k</span>
            <select value={k} onChange={(event) => onSize(Number(event.currentTarget.value))}>
              {sizes.map((size) => (
                <option key={size} value={size}>
                  pass@{size}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <span className="curve-label" title={title}>
            {label}
          </span>
        )}
        <output className="curve-value">{value}</output>
      </div>
      <div className="curve-plot" aria-hidden="true">
        <div
          className="curve-area"
          onPointerMove={(event) => metrics.length > 0 && onHover(indexAt(event))}
          onPointerLeave={() => onHover(null)}
          onPointerUp={(event) => metrics.length > 0 && onScrub?.(metrics[indexAt(event)].step)}
        >
          <CurveLine kind={kind} metrics={metrics} k={k} top={top} />
          {row && <span className="curve-cross" style={{ left: `${stepScale(metrics)(row.step)}%` }} />}
          {row && Number.isFinite(height) && (
            <span className="curve-dot" style={{ left: `${stepScale(metrics)(row.step)}%`, top: `${100 - 100 * Math.min(1, height)}%` }} />
          )}
        </div>
        <span className="curve-end curve-top">{formatCompact(top)}</span>
        <span className="curve-end curve-bottom">0</span>
        <span className="curve-end curve-first">{metrics[0]?.step ?? ''}</span>
        <span className="curve-end curve-last">{metrics.length > 1 ? metrics.at(-1)?.step : ''}</span>
      </div>
    </div>
  );
}

/** Apart from the rest, so that moving the crosshair never builds a path again and a new step changes one attribute. */
const CurveLine = memo(function CurveLine({
  kind,
  metrics,
  k,
  top,
}: {
  kind: CurveKind;
  metrics: readonly StepMetrics[];
  k: number;
  top: number;
}) {
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" focusable="false" aria-hidden="true">
      <path d={curvePath(kind, metrics, k, top)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
