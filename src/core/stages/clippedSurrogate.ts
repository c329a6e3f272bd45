import { exp } from '../math.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { clamp, maskedMean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import type { ClipWidths } from './adaptiveClip.ts';
import { constantClip } from './adaptiveClip.ts';
import { aggregate, knobWeights, scaleTrace } from './aggregation.ts';
import { requireField } from './fields.ts';
import type { LossInput, LossResult, LossStage } from './types.ts';

/** The ratio that enters the loss, on each token. */
export interface Ratios {
  /** [N] */
  ratio: Float64Array;
  /** [N] 1 where a clamp holds the gradient back. */
  isClamped: Uint8Array;
  /** [N] what ∂ρ/∂log π(token) is beside ρ, summed over the tokens that share the ratio; absent: 1. */
  reach?: Float64Array;
}

/** ρ = exp(clamp(log π − log π_old)) per token. */
export function ratios(input: Pick<LossInput, 'batch' | 'knobs'>): Ratios {
  const logprobs = requireField(input.batch, 'logprobs');
  const old = requireField(input.batch, 'oldLogprobs');
  const bound = input.knobs.logRatioClamp;
  const ratio = new Float64Array(logprobs.length);
  const isClamped = new Uint8Array(logprobs.length);
  for (let t = 0; t < ratio.length; t++) {
    const d = logprobs[t] - old[t];
    if (Math.abs(d) > bound) isClamped[t] = 1;
    ratio[t] = exp(clamp(d, -bound, bound));
  }
  return { ratio, isClamped };
}

/**
 * The token-level PPO loss with clip and dual clip [verl core_algos.py:1286 compute_policy_loss_vanilla]:
 * l1 = −Aρ, l2 = −A clamp(ρ, 1 − ε_low, 1 + ε_high), M = max(l1, l2), for A < 0 at most −A c. ∂M/∂log π = −Aρ where l1
 * is the one that counts, else 0. `delta` caps ρ in l1 (TRL's two-sided clip), with no gradient above it. `weights` [N]
 * replaces the aggregation that the knobs ask for, where a method scales or masks tokens; `given` replaces the ratio per token.
 */
export function surrogateLoss(
  input: LossInput,
  advantages: Float64Array,
  widths: ClipWidths,
  weights: Float64Array = knobWeights(input.batch, input.knobs),
  given: Ratios = ratios(input),
): LossResult {
  const { batch, knobs } = input;
  const n = batch.tokens.length;
  const logprobs = requireField(batch, 'logprobs');
  const old = requireField(batch, 'oldLogprobs');
  const { ratio: free, isClamped, reach } = given;
  const [ratio, unclippedLoss, clippedLoss, tokenLoss, slope, clipState, clipped, dualClipped, lower, upper, logRatio] = Array.from(
    { length: 11 },
    () => new Float64Array(n),
  );
  const gradLogprobs = new Float64Array(n);
  let drift = 0;
  for (let t = 0; t < n; t++) {
    const advantage = advantages[t];
    const isCapped = free[t] > knobs.delta;
    lower[t] = 1 - widths.low[t];
    upper[t] = 1 + widths.high[t];
    unclippedLoss[t] = -advantage * Math.min(free[t], knobs.delta);
    clippedLoss[t] = -advantage * clamp(free[t], lower[t], upper[t]);
    const isClipped = clippedLoss[t] > unclippedLoss[t];
    // A cap inside the bounds can leave the other branch to count, with the ratio as it is and its gradient.
    const isInside = isClipped && free[t] >= lower[t] && free[t] <= upper[t];
    ratio[t] = isCapped && !isInside ? knobs.delta : free[t];
    let loss = isClipped ? clippedLoss[t] : unclippedLoss[t];
    const isDual = advantage < 0 && loss > -advantage * knobs.clipC;
    if (isDual) loss = -advantage * knobs.clipC;
    tokenLoss[t] = loss;
    clipped[t] = isClipped ? 1 : 0;
    dualClipped[t] = isDual ? 1 : 0;
    // Cap and clamp stop the gradient as the clip does, and are shown as it is.
    const isHeld = (!isInside && (isClipped || isCapped)) || isClamped[t] === 1;
    clipState[t] = isDual ? CLIP_STATE.dualClipped : isHeld ? CLIP_STATE.clipped : CLIP_STATE.none;
    slope[t] = isDual || isHeld ? 0 : -advantage * ratio[t] * (reach?.[t] ?? 1);
    gradLogprobs[t] = weights[t] * slope[t];
    logRatio[t] = logprobs[t] - old[t];
    drift -= logRatio[t];
  }
  const policyLoss = aggregate(weights, tokenLoss);
  return {
    loss: policyLoss,
    gradLogprobs,
    trace: {
      logprobs: perToken(logprobs),
      oldLogprobs: perToken(old),
      logRatio: perToken(logRatio),
      ratio: perToken(ratio),
      lossAdvantages: perToken(advantages),
      lowerBound: perToken(lower),
      upperBound: perToken(upper),
      unclippedLoss: perToken(unclippedLoss),
      clippedLoss: perToken(clippedLoss),
      clipState: perToken(clipState),
      clipped: perToken(clipped),
      dualClipped: perToken(dualClipped),
      tokenLoss: perToken(tokenLoss),
      lossSlope: perToken(slope),
      weight: perToken(weights),
      tokenCount: perBatch(n),
      policyLoss: perBatch(policyLoss),
      clipFraction: perBatch(maskedMean(clipped)),
      dualClipFraction: perBatch(maskedMean(dualClipped)),
      ppoKl: perBatch(drift / (n + 1e-8)),
      ...scaleTrace(batch, knobs),
    },
  };
}

/** The surrogate with the same bounds for every token. */
export const clippedSurrogate: LossStage = (input) =>
  surrogateLoss(input, input.advantages, constantClip(input.batch.tokens.length, input.knobs));
