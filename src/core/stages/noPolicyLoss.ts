import { perBatch, perToken } from '../trace.ts';
import { requireField } from './fields.ts';
import type { FormulaLine, LossStage } from './types.ts';

/** No policy gradient: the method trains its own numbers, and no token of the policy is credited. */
export const noPolicyLoss: LossStage = ({ batch, advantages }) => {
  const n = batch.tokens.length;
  const zeros = () => perToken(new Float64Array(n));
  return {
    loss: 0,
    gradLogprobs: new Float64Array(n),
    trace: {
      logprobs: perToken(requireField(batch, 'logprobs')),
      lossAdvantages: perToken(advantages.map(() => 0)),
      tokenLoss: zeros(),
      lossSlope: zeros(),
      clipState: zeros(),
      tokenCount: perBatch(n),
      policyLoss: perBatch(0),
    },
  };
};

export const NO_CREDIT_LINE: FormulaLine = {
  stage: 'advantage',
  result: { latex: '\\mathrm{credit}', trace: 'credit' },
  template: '0\\quad\\text{(no policy gradient: the method trains its own numbers)}',
};

/** No penalty either. */
export const noPenalty: LossStage = ({ batch }) => ({
  loss: 0,
  gradLogprobs: new Float64Array(batch.tokens.length),
  trace: { hasPenalty: perBatch(0) },
});
