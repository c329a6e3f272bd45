import { exp } from '../math.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { clamp, maskedMean } from '../stats.ts';
import { perBatch, perResponse, perToken, spreadResponses } from '../trace.ts';
import { knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { Knob, LossStage } from './types.ts';

/**
 * GMPO: the geometric mean of a response's ratios, each clipped first and only on the side that its advantage pushes to
 * [verl core_algos.py:1928 compute_policy_loss_geo_mean]. With x = log π − log π_old and g = sign(A):
 * z = g min(g x, g clamp(x, −low, high)), s_i = exp(mean z), M_i = −A s_i on each token of the response;
 * ∂ΣM/∂log π = −A s_i where z = x, else 0. A is the mean of the response's advantages, as in verl, where they differ.
 */
export const geometricMeanLoss: LossStage = (input) => {
  const { batch, knobs, advantages } = input;
  const logprobs = requireField(batch, 'logprobs');
  const old = requireField(batch, 'oldLogprobs');
  const logRatio = logprobs.map((l, t) => l - old[t]);
  const bounded = logRatio.map((x) => clamp(x, -knobs.clipLowLog, knobs.clipHighLog));
  const z = logRatio.map((x, t) => {
    const sign = Math.sign(advantages[t]);
    return sign * Math.min(sign * x, sign * bounded[t]);
  });
  const responseMean = (values: Float64Array) =>
    Float64Array.from(batch.responses, ({ start, end }) => maskedMean(values.subarray(start, end)));
  const seqLogRatio = responseMean(z);
  const seqRatio = seqLogRatio.map((value) => exp(value));
  const shared = spreadResponses(batch, responseMean(advantages));
  const values = spreadResponses(batch, seqRatio).map((s, t) => -shared[t] * s);
  const isHeld = z.map((value, t) => (value === logRatio[t] ? 0 : 1));
  const outside = (sign: number) => maskedMean(logRatio.map((x, t) => (x !== bounded[t] && Math.sign(advantages[t]) === sign ? 1 : 0)));
  return sumTokenLoss(input, {
    advantages: shared,
    values,
    slope: values.map((m, t) => (isHeld[t] ? 0 : m)),
    weights: knobWeights(batch, knobs),
    trace: {
      logRatio: perToken(logRatio),
      ratio: perToken(logRatio.map((x) => exp(x))),
      clippedLogRatio: perToken(z),
      seqLogRatio: perResponse(seqLogRatio),
      seqRatio: perResponse(seqRatio),
      // Where there is no advantage there is nothing to clip.
      clipState: perToken(isHeld.map((held, t) => (held && advantages[t] !== 0 ? CLIP_STATE.clipped : CLIP_STATE.none))),
      outsideUp: perBatch(outside(1)),
      outsideDown: perBatch(outside(-1)),
    },
  });
};

const boundKnob = (id: string, label: string, symbol: string, meaning: string): Knob => ({
  id,
  label,
  symbol,
  stage: 'loss',
  default: 0.4,
  min: 0.01,
  max: 2,
  step: 0.01,
  scale: 'lin',
  unit: 'nats',
  meaning,
  paper: { value: 0.4, source: 'GMPO §4: clip to (e^−0.4, e^0.4)' },
  applies: 'credit',
});

export const LOG_CLIP_KNOBS: readonly Knob[] = [
  boundKnob(
    'clipLowLog',
    'Clip below, log-ratio',
    '\\epsilon_{low}',
    'A token with negative advantage stops learning once its log-ratio is below −ε_low; larger allows larger steps down.',
  ),
  boundKnob(
    'clipHighLog',
    'Clip above, log-ratio',
    '\\epsilon_{high}',
    'A token with positive advantage stops learning once its log-ratio is above ε_high; larger allows larger steps up.',
  ),
];
