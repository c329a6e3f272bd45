import { exp } from '../math.ts';
import { mean } from '../stats.ts';
import { perResponse } from '../trace.ts';
import { constantClip } from './adaptiveClip.ts';
import type { Ratios } from './clippedSurrogate.ts';
import { clippedSurrogate, surrogateLoss } from './clippedSurrogate.ts';
import { requireField } from './fields.ts';
import type { KnobChange } from './knobs.ts';
import { withChanges } from './knobs.ts';
import type { Knob, LossInput, LossStage } from './types.ts';

/** Options of `ratioLevel`, by index. */
export const RATIO_LEVELS = ['token', 'sequence-sum', 'sequence-mean'] as const;
export const RATIO_LEVEL = { token: 0, sum: 1, mean: 2 } as const;

/**
 * One ratio per response, on each of its tokens: ρ_i = exp(min(x_i, seqLogRatioMax)), x_i the sum or the mean over the
 * response of log π − log π_old. No clamp per token. `reach` = T_i · ∂x_i/∂log π(token), 1 for the mean.
 */
export function sequenceRatios({ batch, knobs }: Pick<LossInput, 'batch' | 'knobs'>): Ratios & { seqLogRatio: Float64Array } {
  const logprobs = requireField(batch, 'logprobs');
  const old = requireField(batch, 'oldLogprobs');
  const n = batch.tokens.length;
  const [ratio, reach] = [new Float64Array(n), new Float64Array(n)];
  const isClamped = new Uint8Array(n);
  const isMean = knobs.ratioLevel === RATIO_LEVEL.mean;
  const seqLogRatio = Float64Array.from(batch.responses, ({ start, end }) => {
    let total = 0;
    for (let t = start; t < end; t++) total += logprobs[t] - old[t];
    return isMean ? total / (end - start) : total;
  });
  batch.responses.forEach(({ start, end }, i) => {
    ratio.fill(exp(Math.min(seqLogRatio[i], knobs.seqLogRatioMax)), start, end);
    isClamped.fill(seqLogRatio[i] > knobs.seqLogRatioMax ? 1 : 0, start, end);
    reach.fill(isMean ? 1 : end - start, start, end);
  });
  return { ratio, isClamped, reach, seqLogRatio };
}

/**
 * The clipped surrogate with a ratio per token, or one per response, clipped as a whole. Every token of a response carries
 * M_i = max(−A ρ_i, −A clip(ρ_i)), so that Σ w M with seq-mean-token-mean is the mean of M_i over responses:
 * sequence-sum is TRL's RLOO [rloo_trainer.py:1685], sequence-mean GSPO [verl core_algos.py:1546]. Where a mixed-in advantage
 * differs along a response, each token keeps its own (GSPO-token: the ratio's value is the response's, its slope the token's).
 */
export const sequenceSurrogate: LossStage = (input) => {
  const { batch, knobs } = input;
  if (knobs.ratioLevel === RATIO_LEVEL.token) {
    const plain = clippedSurrogate(input);
    return { ...plain, trace: { ...plain.trace, ratioReach: perResponse(new Float64Array(batch.responses.length).fill(1)) } };
  }
  const ratios = sequenceRatios(input);
  const result = surrogateLoss(input, input.advantages, constantClip(batch.tokens.length, knobs), undefined, ratios);
  const tokenLoss = result.trace.tokenLoss.values;
  const first = (values: ArrayLike<number>) => Float64Array.from(batch.responses, ({ start }) => values[start]);
  return {
    ...result,
    trace: {
      ...result.trace,
      seqLogRatio: perResponse(ratios.seqLogRatio),
      seqRatio: perResponse(first(ratios.ratio)),
      seqLoss: perResponse(Float64Array.from(batch.responses, ({ start, end }) => mean(tokenLoss.subarray(start, end)))),
      ratioReach: perResponse(first(ratios.reach ?? [])),
    },
  };
};

const RATIO_KNOBS: readonly Knob[] = [
  {
    id: 'ratioLevel',
    label: 'Level of the ratio',
    symbol: '\\rho',
    stage: 'loss',
    default: RATIO_LEVEL.token,
    min: 0,
    max: 2,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'A ratio and a clip for each token, or one for the whole response from the sum or the mean of its log-ratios.',
    paper: null,
    options: RATIO_LEVELS,
    applies: 'credit',
  },
  {
    id: 'seqLogRatioMax',
    label: 'Cap of the response’s log-ratio',
    symbol: 'x_{max}',
    stage: 'loss',
    default: Infinity,
    min: 1,
    max: 40,
    step: 1,
    scale: 'lin',
    unit: 'nats',
    meaning: 'The log-ratio of a whole response is kept below this before it is exponentiated, and a response above it stops learning.',
    paper: null,
    special: { value: Infinity, label: '∞ = off' },
    applies: 'credit',
    advanced: true,
  },
];

/** The knobs of `sequenceSurrogate`, with a method's own defaults. */
export const ratioKnobs = (changes: Readonly<Record<string, KnobChange>> = {}): Knob[] => withChanges(RATIO_KNOBS, changes);
