import { CLIP_STATE } from '../pipeline.types.ts';
import { perBatch, perToken } from '../trace.ts';
import { aggregate } from './aggregation.ts';
import type { FormulaLine, LossResult } from './types.ts';

/**
 * A loss without some of its tokens: where `keep` [N] is 0, M, its slope and the gradient are 0 and the clip state says so.
 * The weights stay as they are, so the mean still counts every token.
 */
export function maskTokens({ gradLogprobs, trace }: LossResult, keep: ArrayLike<number>): LossResult {
  const only = (values: Float64Array) => values.map((value, t) => (keep[t] === 1 ? value : 0));
  const tokenLoss = only(trace.tokenLoss.values);
  const policyLoss = aggregate(trace.weight.values, tokenLoss);
  return {
    loss: policyLoss,
    gradLogprobs: only(gradLogprobs),
    trace: {
      ...trace,
      tokenLoss: perToken(tokenLoss),
      lossSlope: perToken(only(trace.lossSlope.values)),
      clipState: perToken(trace.clipState.values.map((state, t) => (keep[t] === 1 ? state : CLIP_STATE.masked))),
      policyLoss: perBatch(policyLoss),
    },
  };
}

/** The formula of a token that is left out; `reason` is KaTeX. */
export const maskedLine = (reason: string): FormulaLine => ({
  stage: 'loss',
  result: { latex: 'M', trace: 'tokenLoss' },
  template: `0\\quad\\text{(left out: }${reason}\\text{)}`,
  when: { trace: 'clipState', equals: CLIP_STATE.masked },
});
