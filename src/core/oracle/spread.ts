/**
 * How much a token's credit depends on the luck of its group: its standard deviation when the other answers of the group are drawn
 * again. The answer itself and all other prompts stay; the credit is that before any update, where every ratio is 1.
 */
import type { RolloutBatch, RolloutResponse, TokenField, TokenMatrix } from '../batch.ts';
import { creditBatch } from '../pipeline.ts';
import type { ComposedMethod } from '../pipeline.types.ts';
import type { KnobValues } from '../stages/types.ts';

/** A response and the batch that holds its numbers. */
interface Source {
  batch: RolloutBatch;
  response: RolloutResponse;
}

type AnyArray = Float64Array | Float32Array | Int32Array | Uint8Array;

/** The rows of each source's response one after the other; `out` is left as it is where a source has none. */
function join<T extends AnyArray>(
  out: T,
  sources: readonly Source[],
  read: (batch: RolloutBatch) => AnyArray | undefined,
  width: number,
): T {
  let place = 0;
  for (const { batch, response } of sources) {
    const { start, end } = response;
    const values = read(batch);
    if (values) out.set(values.subarray(start * width, end * width), place);
    place += (end - start) * width;
  }
  return out;
}

function joinMatrix(sources: readonly Source[], name: 'logits' | 'hidden', N: number): TokenMatrix | undefined {
  if (sources.some(({ batch }) => !batch[name])) return undefined;
  const width = sources[0]?.batch[name]?.width ?? 0;
  return { width, data: join(new Float64Array(N * width), sources, (batch) => batch[name]?.data, width) };
}

/**
 * The batch before any update, with all answers of `group` but the `kept`-th (counted within the group) replaced by those of
 * `fresh`, a batch of one group of the same size. A field that `fresh` lacks is NaN on its tokens.
 */
export function withOthersRedrawn(batch: RolloutBatch, group: number, kept: number, fresh: RolloutBatch): RolloutBatch {
  const { start, end } = batch.groups[group];
  const sources = batch.responses.map((response, i): Source => {
    const redrawn = i >= start && i < end && i - start !== kept ? fresh.responses[i - start] : undefined;
    return redrawn ? { batch: fresh, response: redrawn } : { batch, response };
  });
  const N = sources.reduce((count, { response }) => count + response.end - response.start, 0);
  const fields: Partial<Record<TokenField, Float64Array>> = {};
  for (const name of Object.keys(batch.fields) as TokenField[])
    fields[name] = join(new Float64Array(N).fill(NaN), sources, (source) => source.fields[name], 1);
  // The current policy is the one that drew the answers.
  delete fields.logprobs;
  delete fields.entropies;
  let place = 0;
  const responses = sources.map(({ response }, i) => {
    const length = response.end - response.start;
    place += length;
    return { ...response, group: batch.responses[i].group, start: place - length, end: place };
  });
  const { logitsAfter: _, ...rest } = batch;
  return {
    ...rest,
    responses,
    tokens: join(new Int32Array(N), sources, (source) => source.tokens, 1),
    fields,
    logits: joinMatrix(sources, 'logits', N),
    hidden: joinMatrix(sources, 'hidden', N),
    source: join(new Uint8Array(N), sources, (source) => source.source, 1),
    updates: [],
  };
}

export interface SpreadInput {
  batch: RolloutBatch;
  group: number;
  composed: ComposedMethod;
  knobs: KnobValues;
}

/** Gathers the credit of a group's tokens over redrawn groups. */
export function createSpread({ batch, group, composed, knobs }: SpreadInput) {
  const { start, end } = batch.groups[group];
  const first = batch.responses[start].start;
  const n = batch.responses[end - 1].end - first;
  const [counts, means, squares] = Array.from({ length: 3 }, () => new Float64Array(n));
  return {
    /** Credit of the `kept`-th answer among the others of `fresh`; a credit that is not given counts as 0, since the update leaves it alone. */
    add(kept: number, fresh: RolloutBatch): void {
      const redrawn = withOthersRedrawn(batch, group, kept, fresh);
      const { credit } = creditBatch(redrawn, composed, knobs);
      const own = batch.responses[start + kept];
      const there = redrawn.responses[start + kept].start;
      for (let k = 0; k < own.end - own.start; k++) {
        const value = Number.isNaN(credit[there + k]) ? 0 : credit[there + k];
        const t = own.start - first + k;
        const change = value - means[t];
        counts[t]++;
        means[t] += change / counts[t];
        squares[t] += change * (value - means[t]);
      }
    },
    /** [n] sample standard deviation at the group's tokens in batch order; NaN below two redraws. */
    deviations: (): Float64Array => squares.map((square, t) => (counts[t] > 1 ? Math.sqrt(square / (counts[t] - 1)) : NaN)),
  };
}
