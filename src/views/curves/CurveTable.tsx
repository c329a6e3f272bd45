import { formatNumber } from '../../ui/number.ts';
import { CURVES, type CurveKind, type StepMetrics, valueAt } from './series.ts';

/** Rows beyond this are thinned evenly; first and last always stay. */
const MOST_ROWS = 60;

interface CurveTableProps {
  metrics: readonly StepMetrics[];
  k: number;
  labelOf: (kind: CurveKind) => string;
  onScrub?: (step: number) => void;
}

/** The curves as numbers, newest first. */
export function CurveTable({ metrics, k, labelOf, onScrub }: CurveTableProps) {
  const stride = Math.max(1, Math.ceil(metrics.length / MOST_ROWS));
  const last = metrics.length - 1;
  const rows = metrics.filter((_, index) => index === 0 || (last - index) % stride === 0).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className="curves-table" tabIndex={0} aria-label="Training curves as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">step</th>
            {CURVES.map((kind) => (
              <th key={kind.id} scope="col">
                {labelOf(kind)}
                {kind.unit && `, ${kind.unit}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.step}>
              <th scope="row">
                {onScrub ? (
                  <button type="button" className="button" onClick={() => onScrub(row.step)}>
                    {row.step}
                  </button>
                ) : (
                  row.step
                )}
              </th>
              {CURVES.map((kind) => (
                <td key={kind.id}>{formatNumber(valueAt(kind, row, k), kind.digits)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {stride > 1 && <p>Every {stride}th step is listed.</p>}
    </section>
  );
}
