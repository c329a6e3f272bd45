import { useState } from 'react';
import { STRINGS } from '../../content/strings.ts';
import type { RolloutBatch } from '../../core/batch.ts';
import type { ComposedMethod, CreditResult } from '../../core/pipeline.types.ts';
import { STAGE_NAMES } from '../../core/stages/base.ts';
import type { FormulaLine, StageName } from '../../core/stages/types.ts';
import { formatNumber } from '../../ui/number.ts';
import type { CellRef } from '../matrix/types.ts';
import { Formula } from './Formula.tsx';
import { type Located, termCells, traceAt } from './trace.ts';

interface CreditProps {
  batch: RolloutBatch;
  credit: CreditResult;
  composed: ComposedMethod;
  at: Located;
  nameOf: (trace: string) => string;
  titleOf: (methodId: string) => string;
  onHighlight: (cells: readonly CellRef[] | null) => void;
  /** In a comparison: whether the other side has this number of this stage, and the same. The headline then stands above both. */
  differs?: (stage: StageName, trace: string) => boolean;
}

/** Lines that apply to this token. A stage taken from another method is explained by that method's lines, in the place of its own. */
export function shownLines({ method, lenders }: ComposedMethod, read: (trace: string) => number): FormulaLine[] {
  const isMixed = Object.keys(lenders).length > 0;
  const lines = isMixed
    ? STAGE_NAMES.flatMap((stage) => (lenders[stage] ?? method).explain.filter((line) => line.stage === stage))
    : method.explain;
  return lines.filter((line) => !line.when || read(line.when.trace) === line.when.equals);
}

/** Results that push a token up or down. */
const PUSHES: ReadonlySet<string> = new Set(['credit', 'advantages', 'lossAdvantages', 'td', 'grpoAdvantages']);

/** What a method is about: its reward and advantage, and an advantage that its loss reshapes. The loss's own algebra unfolds on request. */
const isHeadline = (line: FormulaLine): boolean =>
  line.stage === 'reward' || line.stage === 'advantage' || line.result.trace === 'lossAdvantages';

/** Credit and advantage of the token, then the equations that made them with their numbers. */
export function Credit({ batch, credit, composed, at, nameOf, titleOf, onHighlight, differs }: CreditProps) {
  const read = (name: string) => traceAt(batch, credit, at, name);
  const lines = shownLines(composed, (name) => read(name)?.value ?? NaN);
  const working = lines.filter((line) => !isHeadline(line));
  // What differs must not be folded away.
  const [isOpen, setOpen] = useState(() => working.some((line) => differs?.(line.stage, line.result.trace)));
  const equation = (line: FormulaLine) => (
    <Formula
      key={`${line.stage}:${line.template}`}
      result={{ latex: line.result.latex, value: read(line.result.trace)?.value ?? NaN }}
      isSigned={PUSHES.has(line.result.trace)}
      template={line.template}
      read={read}
      nameOf={nameOf}
      differs={differs && ((trace) => differs(line.stage, trace))}
      isOther={differs?.(line.stage, line.result.trace) ?? false}
      onTerm={(trace) => {
        const traced = trace === null ? null : read(trace);
        onHighlight(traced ? termCells(batch, at, traced.level) : null);
      }}
    />
  );
  const own = composed.method.meta.id;
  const foreign = (Object.entries(composed.suppliers) as [StageName, string | null][]).filter(([, id]) => id !== null && id !== own);
  const shownUpdate = credit.tokenUpdate[at.token];
  const update = batch.updates[shownUpdate];

  if (credit.kept[at.group] === 0) {
    return <p>{STRINGS.dropped}</p>;
  }
  return (
    <>
      {!differs && (
        <dl className="headline">
          <Headline label="credit" value={credit.credit[at.token]} deviation={credit.trace.creditSd?.values[at.token]} />
          <Headline label="advantage" value={credit.advantages[at.token]} />
        </dl>
      )}
      {lines.filter(isHeadline).map(equation)}
      {working.length > 0 && (
        <details className="working" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>From advantage to credit, step by step</summary>
          {isOpen && working.map(equation)}
        </details>
      )}
      {foreign.map(([stage, id]) => (
        <p key={stage} className="quiet">
          The {stage} stage is taken from {titleOf(id as string)}.
        </p>
      ))}
      <p className="quiet">
        {update
          ? `At update ${shownUpdate + 1} of ${batch.updates.length}: pass ${update.epoch + 1}, minibatch ${update.minibatch + 1}.`
          : 'Before any update: every ratio is 1.'}
      </p>
    </>
  );
}

/** `deviation`: the standard deviation over redrawn groups, where it was asked for. */
function Headline({ label, value, deviation = NaN }: { label: string; value: number; deviation?: number }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className={value < 0 ? 'is-negative' : value > 0 ? 'is-positive' : undefined}>
        {formatNumber(value, 2, { sign: true })}
        {!Number.isNaN(deviation) && <span className="quiet"> ± {formatNumber(deviation, 2)}</span>}
      </dd>
    </div>
  );
}
