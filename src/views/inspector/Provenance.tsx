import { STATUS_WORDS } from '../../content/families.ts';
import type { RolloutBatch } from '../../core/batch.ts';
import type { ComposedMethod, CreditResult } from '../../core/pipeline.types.ts';
import type { MethodMeta, StageName } from '../../core/stages/types.ts';
import { PaperLink } from '../app/PaperLink.tsx';
import { formatCompact } from '../../ui/number.ts';
import { type Located, traceAt } from './trace.ts';

const STAGES: readonly StageName[] = ['sampling', 'reward', 'advantage', 'loss', 'regulariser'];

/** The five stages in order, the overridden ones marked by glyph and weight. */
export function StageList({ composed, titleOf }: { composed: ComposedMethod; titleOf: (methodId: string) => string }) {
  return (
    <ol className="stages">
      {STAGES.map((stage) => {
        const supplier = composed.suppliers[stage];
        return (
          <li key={stage} className={supplier ? 'is-overridden' : undefined}>
            <span aria-hidden="true">{supplier ? '●' : '○'} </span>
            {stage}
            <span className="quiet">{supplier ? ` by ${titleOf(supplier)}` : ' as in the base'}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** Every number that the stages traced and that applies to this token. */
export function TraceTable({
  batch,
  credit,
  at,
  nameOf,
}: {
  batch: RolloutBatch;
  credit: CreditResult;
  at: Located;
  nameOf: (trace: string) => string;
}) {
  const names = Object.keys(credit.trace).sort();
  return (
    <details className="raw">
      <summary>All {names.length} traced numbers</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">of</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const traced = traceAt(batch, credit, at, name);
            return (
              <tr key={name}>
                <th scope="row" title={nameOf(name)}>
                  {name}
                </th>
                <td>{traced?.level === 'group' ? 'prompt' : traced?.level}</td>
                <td>{formatCompact(traced?.value ?? NaN, 5)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </details>
  );
}

/** Where the equation comes from, and what its numbers were checked against, in plain words. */
export function Source({ meta }: { meta: MethodMeta }) {
  return (
    <div className="source">
      <p>
        {meta.fullName}. <PaperLink paper={meta.paper} />. {meta.source}.
      </p>
      <p>{STATUS_WORDS[meta.status]}</p>
    </div>
  );
}
