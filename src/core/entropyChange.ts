/** What a step does to the entropy of every token's state: measured from the stored logits, and to first order from the credit. */
import type { RolloutBatch, TokenMatrix } from './batch.ts';
import { exp, logSumExp } from './math.ts';

/** H of softmax(row t / T) in nats, Σ π² and Σ π² ln π, and log π of one token. */
function momentsAt({ width, data }: TokenMatrix, t: number, token: number, temperature: number) {
  const start = t * width;
  const total = logSumExp(data, start, start + width, temperature);
  let entropy = 0;
  let squares = 0;
  let squaresLog = 0;
  for (let v = 0; v < width; v++) {
    const logp = data[start + v] / temperature - total;
    const p = exp(logp);
    // A logit of −∞ has probability 0 and adds nothing: 0 · −∞ would be NaN.
    if (p === 0) continue;
    entropy -= p * logp;
    squares += p * p;
    squaresLog += p * p * logp;
  }
  return { entropy, squares, squaresLog, logprob: data[start + token] / temperature - total };
}

const measured = new WeakMap<RolloutBatch, Float64Array>();
const slopes = new WeakMap<RolloutBatch, Float64Array>();

function cached(store: WeakMap<RolloutBatch, Float64Array>, batch: RolloutBatch, at: (token: number, t: number) => number): Float64Array {
  let values = store.get(batch);
  if (!values) {
    values = Float64Array.from(batch.tokens, at);
    store.set(batch, values);
  }
  return values;
}

/** [N] entropy of the policy at the token's state after this step's updates minus before, nats; undefined without both logits. */
export function entropyChangeOf(batch: RolloutBatch): Float64Array | undefined {
  const { logits, logitsAfter, baseTemperature: T } = batch;
  if (!logits || !logitsAfter) return undefined;
  return cached(measured, batch, (token, t) => momentsAt(logitsAfter, t, token, T).entropy - momentsAt(logits, t, token, T).entropy);
}

/**
 * [N] how fast the entropy of a token's state grows when its logits over T move by (1[v = token] − π_v), the direction that makes
 * the token likelier: −[x (ln x + H) − Σ_v π_v² (ln π_v + H)], x = π(token), π the policy that drew the batch. Undefined without logits.
 */
export function entropySlopeOf(batch: RolloutBatch): Float64Array | undefined {
  const { logits, baseTemperature: T } = batch;
  if (!logits) return undefined;
  return cached(slopes, batch, (token, t) => {
    const { entropy, squares, squaresLog, logprob } = momentsAt(logits, t, token, T);
    const x = exp(logprob);
    return (x === 0 ? 0 : -x * (logprob + entropy)) + squaresLog + entropy * squares;
  });
}
