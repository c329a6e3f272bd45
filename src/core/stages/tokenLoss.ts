import { maskedMean } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { aggregate } from './aggregation.ts';
import { requireField } from './fields.ts';
import type { LossInput, LossResult, Trace } from './types.ts';

/** A loss per token, before aggregation; all arrays [N]. */
export interface TokenLoss {
  /** The advantages that entered it. */
  advantages: Float64Array;
  /** M. */
  values: Float64Array;
  /** ∂ΣM/∂log π(token), stop-gradients respected. */
  slope: Float64Array;
  /** Aggregation weights w. */
  weights: Float64Array;
  /** What else the stage traces. */
  trace: Trace;
}

/** Σ w M with its gradient w·slope, and the trace that every such loss has. */
export function sumTokenLoss({ batch }: LossInput, { advantages, values, slope, weights, trace }: TokenLoss): LossResult {
  const logprobs = requireField(batch, 'logprobs');
  const old = batch.fields.oldLogprobs;
  const policyLoss = aggregate(weights, values);
  return {
    loss: policyLoss,
    gradLogprobs: slope.map((value, t) => weights[t] * value),
    trace: {
      logprobs: perToken(logprobs),
      ...(old ? { oldLogprobs: perToken(old), ppoKl: perBatch(maskedMean(old.map((value, t) => value - logprobs[t]))) } : {}),
      lossAdvantages: perToken(advantages),
      tokenLoss: perToken(values),
      lossSlope: perToken(slope),
      weight: perToken(weights),
      tokenCount: perBatch(values.length),
      policyLoss: perBatch(policyLoss),
      ...trace,
    },
  };
}
