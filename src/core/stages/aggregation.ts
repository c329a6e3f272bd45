import type { RolloutBatch } from '../batch.ts';
import { perBatch } from '../trace.ts';
import { AGGREGATION_MODES } from './lossKnobs.ts';
import type { KnobValues, LossStage, Trace } from './types.ts';

export type AggregationMode = (typeof AGGREGATION_MODES)[number];

/**
 * [N] weights w with loss = Σ w M of a token matrix M (methods that mask a response give it weight 0).
 * B′ = responses that take part, L = `lossScale` or, where that is 0, the longest response, masked ones included
 * [verl core_algos.py:1140 agg_loss]. `keep` [N] 0/1 masks single tokens: they have weight 0 and count in no length.
 */
export function aggregationWeights(
  responses: readonly { start: number; end: number }[],
  mode: AggregationMode,
  lossScale = 0,
  isMasked: (response: number) => boolean = () => false,
  keep?: ArrayLike<number>,
): Float64Array {
  let n = 0;
  let tokens = 0;
  let sequences = 0;
  let longest = 0;
  const lengths = responses.map(({ start, end }, i) => {
    n += end - start;
    longest = Math.max(longest, end - start);
    let length = isMasked(i) ? 0 : end - start;
    for (let t = start; keep && length > 0 && t < end; t++) if (keep[t] === 0) length--;
    tokens += length;
    if (length > 0) sequences++;
    return length;
  });
  const weights = new Float64Array(n);
  responses.forEach(({ start, end }, i) => {
    if (lengths[i] > 0) weights.fill(weightOf(mode, lengths[i], tokens, sequences, lossScale || longest), start, end);
  });
  return keep ? weights.map((weight, t) => weight * keep[t]) : weights;
}

function weightOf(mode: AggregationMode, length: number, tokens: number, sequences: number, lossScale: number): number {
  switch (mode) {
    case 'token-mean':
      return 1 / tokens;
    case 'token-sum':
      return 1;
    case 'seq-mean-token-sum':
      return 1 / sequences;
    case 'seq-mean-token-mean':
      return 1 / (sequences * (length + 1e-8));
    case 'seq-mean-token-sum-norm':
      return 1 / (sequences * lossScale);
  }
}

/** L of `lossScaleFactor`; ∞ is the task's length limit, or 0 (the longest response) where the batch does not say it. */
function knobScale(batch: RolloutBatch, knobs: KnobValues): number {
  return knobs.lossScaleFactor === Infinity ? (batch.maxTokens ?? 0) : knobs.lossScaleFactor;
}

/** The weights that the knobs `aggMode` and `lossScaleFactor` ask for, over the tokens of `keep` [N] where it is given. */
export function knobWeights(batch: RolloutBatch, knobs: KnobValues, keep?: ArrayLike<number>): Float64Array {
  return aggregationWeights(batch.responses, AGGREGATION_MODES[knobs.aggMode], knobScale(batch, knobs), undefined, keep);
}

/** What the weight 1/(B L) of the sum-norm is made of; nothing in other modes. */
export function scaleTrace(batch: RolloutBatch, knobs: KnobValues): Trace {
  if (AGGREGATION_MODES[knobs.aggMode] !== 'seq-mean-token-sum-norm') return {};
  const longest = Math.max(...batch.responses.map(({ start, end }) => end - start));
  return { responseCount: perBatch(batch.responses.length), lossScale: perBatch(knobScale(batch, knobs) || longest) };
}

/** The loss as a mean over responses of the mean over their tokens, whatever `aggMode` says. */
export function perSequenceMean(stage: LossStage): LossStage {
  const aggMode = AGGREGATION_MODES.indexOf('seq-mean-token-mean');
  return (input) => stage({ ...input, knobs: { ...input.knobs, aggMode } });
}

/** Σ w M. */
export function aggregate(weights: Float64Array, matrix: Float64Array): number {
  let total = 0;
  for (let t = 0; t < matrix.length; t++) total += weights[t] * matrix[t];
  return total;
}
