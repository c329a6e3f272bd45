import { perToken } from '../trace.ts';
import { discountedReturns, whitened } from './returnToGo.ts';
import type { AdvantageStage } from './types.ts';
import { whitenMasked } from './whitening.ts';

/** Returns to go of the process stream and of all others, each with its own discount, summed and whitened over all tokens of the batch. */
export const twoStreamReturns: AdvantageStage = ({ batch, knobs, rewards }) => {
  const outcome = new Float64Array(batch.tokens.length);
  for (const [name, stream] of Object.entries(rewards.streams)) {
    if (name !== 'process') for (let t = 0; t < outcome.length; t++) outcome[t] += stream[t];
  }
  const processReturn = discountedReturns(batch, rewards.streams.process ?? new Float64Array(outcome.length), knobs.processGamma);
  const outcomeReturn = discountedReturns(batch, outcome, knobs.outcomeGamma);
  const returns = processReturn.map((p, t) => p + outcomeReturn[t]);
  const trace = { processReturn: perToken(processReturn), outcomeReturn: perToken(outcomeReturn), returns: perToken(returns) };
  return whitened(returns, knobs, whitenMasked, trace);
};
