/** The same tokens under another policy: what two checkpoints are compared on. */
import type { RolloutBatch, TokenField, TokenMatrix } from './batch.ts';
import { concatenate } from './batchSlice.ts';

/** Fields that say what a policy thinks of the tokens, and that a scored batch holds anew. */
const SCORED: readonly TokenField[] = ['samplingLogprobs', 'oldLogprobs', 'oldEntropies', 'refLogprobs'];

/** Fields that belong to whoever drew the tokens and that nobody has computed for the other policy. */
const OWN: readonly TokenField[] = ['logprobs', 'entropies', 'values', 'trueValues', 'trueAdvantages', 'trueErrors', 'sumPiSquared'];

function without(fields: RolloutBatch['fields'], names: readonly TokenField[]): RolloutBatch['fields'] {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name as TokenField)));
}

/** The batch as it was before its first update: every ratio is 1, so that only the policy that drew it speaks. */
export function beforeUpdates(batch: RolloutBatch): RolloutBatch {
  const { logitsAfter: _, ...rest } = batch;
  return { ...rest, updates: [], fields: without(batch.fields, ['logprobs', 'entropies']) };
}

function stack(matrices: readonly (TokenMatrix | undefined)[]): TokenMatrix | undefined {
  const there = matrices.filter((matrix) => matrix !== undefined);
  if (there.length < matrices.length || there.length === 0) return undefined;
  const data = new Float32Array(there.reduce((n, matrix) => n + matrix.data.length, 0));
  let place = 0;
  for (const matrix of there) {
    data.set(matrix.data, place);
    place += matrix.data.length;
  }
  return { width: there[0].width, data };
}

/**
 * The batch with another policy's view of the same tokens, before any update. Tokens, rewards and spans stay; what only the
 * drawing policy is known for (updates, truth, greedy reward, continuations) is left out, never kept as if it were the other's.
 * @param scored one batch of one group for each group, with the same tokens
 * @throws where the tokens are not the same
 */
export function rescored(batch: RolloutBatch, scored: readonly RolloutBatch[]): RolloutBatch {
  const tokens = scored.flatMap((part) => [...part.tokens]);
  if (tokens.length !== batch.tokens.length || tokens.some((token, t) => token !== batch.tokens[t]))
    throw new Error('The scored tokens are not those of the batch.');
  const fields: Partial<Record<TokenField, Float64Array>> = { ...without(batch.fields, [...SCORED, ...OWN]) };
  for (const name of SCORED) {
    const parts = scored.map((part) => part.fields[name]);
    if (parts.every((part) => part !== undefined)) fields[name] = concatenate(parts);
  }
  const before = beforeUpdates(batch);
  return {
    ...before,
    fields,
    logits: stack(scored.map((part) => part.logits)),
    hidden: stack(scored.map((part) => part.hidden)),
    groups: batch.groups.map(({ greedyReward: _, trueValue: __, truthKind: ___, ...group }) => group),
    responses: batch.responses.map(({ continuations: _, ...response }) => response),
  };
}
