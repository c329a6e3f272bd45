/** Which numbers of a token's formulas are not the other side's. */
import type { RolloutBatch } from '../../core/batch.ts';
import { isSame } from '../../core/compare.ts';
import type { ComposedMethod, CreditResult } from '../../core/pipeline.types.ts';
import type { StageName } from '../../core/stages/types.ts';
import { shownLines } from './Credit.tsx';
import { parseTemplate } from './formulaTemplate.ts';
import { type Located, traceAt } from './trace.ts';

/** One side of the comparison with its credit of the batch. */
export interface CreditedSide {
  batch: RolloutBatch;
  credit: CreditResult;
  composed: ComposedMethod;
}

/** Every number in the formulas of one token, by stage and trace name. */
export function formulaTerms({ batch, credit, composed }: CreditedSide, at: Located): Map<string, number> {
  const read = (name: string): number => traceAt(batch, credit, at, name)?.value ?? NaN;
  const terms = new Map<string, number>();
  for (const { stage, template, result } of shownLines(composed, read)) {
    for (const part of parseTemplate(template)) if (part.kind === 'term') terms.set(`${stage} ${part.trace}`, read(part.trace));
    terms.set(`${stage} ${result.trace}`, read(result.trace));
  }
  return terms;
}

/** Whether a number of one side's formulas is missing on the other side, or is another there. */
export function termDiffers(own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) {
  return (stage: StageName, trace: string): boolean => {
    const key = `${stage} ${trace}`;
    return !other.has(key) || !isSame(own.get(key) ?? NaN, other.get(key) ?? NaN);
  };
}
