import './curves.css';
import { useDeferredValue, useState } from 'react';
import { GLOSSARY } from '../../content/glossary.ts';
import { formatNumber } from '../../ui/number.ts';
import { Curve } from './Curve.tsx';
import { CurveTable } from './CurveTable.tsx';
import { CURVES, type CurveKind, type StepMetrics, sizesOf, valueAt } from './series.ts';

export interface CurvesProps {
  /** Ascending by step. */
  metrics: readonly StepMetrics[];
  open: boolean;
  onToggle: () => void;
  /** A step was chosen on a curve or in the table. */
  onScrub?: (step: number) => void;
}

const withUnit = (kind: CurveKind, value: number) =>
  Number.isNaN(value) ? '–' : `${formatNumber(value, kind.digits)}${kind.unit ? ` ${kind.unit}` : ''}`;

/** The run so far: folded, one line of last values; open, one small plot each with a shared crosshair. */
export function Curves({ metrics, open, onToggle, onScrub }: CurvesProps) {
  const [wantedK, setK] = useState(4);
  const [hovered, setHovered] = useState<number | null>(null);
  const [hasTable, setTable] = useState(false);
  // Painting the heatmap comes first; the curves may lag a frame behind it.
  const shown = useDeferredValue(metrics);
  const sizes = sizesOf(shown);
  const k = sizes.includes(wantedK) ? wantedK : (sizes.at(-1) ?? 1);
  const at = hovered !== null && hovered < shown.length ? hovered : shown.length - 1;
  const labelOf = (kind: CurveKind) => (kind.id === 'passAtK' ? `pass@${k}` : kind.label);
  const textAt = (kind: CurveKind) => (shown[at] ? withUnit(kind, valueAt(kind, shown[at], k)) : '–');

  return (
    <section className={open ? 'curves is-open' : 'curves'} aria-label="Training curves">
      <div className="curves-side">
        <button type="button" className="curves-toggle" aria-expanded={open} onClick={onToggle}>
          <span aria-hidden="true">{open ? '▾' : '▸'}</span> curves
        </button>
        {open && (
          <>
            <button type="button" className="curves-toggle" aria-expanded={hasTable} onClick={() => setTable(!hasTable)}>
              table
            </button>
            <span className="curves-step">{shown[at] ? `step ${shown[at].step}` : 'no steps yet'}</span>
          </>
        )}
      </div>
      {open ? (
        <div className="curves-plots">
          {CURVES.map((kind) => (
            <Curve
              key={kind.id}
              kind={kind}
              label={labelOf(kind)}
              title={GLOSSARY[kind.id].meaning}
              value={textAt(kind)}
              metrics={shown}
              k={k}
              sizes={kind.id === 'passAtK' ? sizes : null}
              onSize={setK}
              hovered={hovered === null ? null : at}
              onHover={setHovered}
              onScrub={onScrub}
            />
          ))}
        </div>
      ) : (
        <dl className="curves-strip">
          {CURVES.map((kind) => (
            <div key={kind.id} title={GLOSSARY[kind.id].meaning} data-title={labelOf(kind)} data-meaning={GLOSSARY[kind.id].meaning}>
              <dt>{labelOf(kind)}</dt>
              <dd>{textAt(kind)}</dd>
            </div>
          ))}
        </dl>
      )}
      {open && hasTable && <CurveTable metrics={shown} k={k} labelOf={labelOf} onScrub={onScrub} />}
    </section>
  );
}
