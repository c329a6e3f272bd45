import { perToken } from '../trace.ts';
import { requireField } from './fields.ts';
import type { AdvantageStage } from './types.ts';

/** A = Q(s_t, a_t) − V(s_t) as the oracle computed it under the policy that drew the batch. */
export const trueAdvantage: AdvantageStage = ({ batch }) => {
  const advantages = requireField(batch, 'trueAdvantages');
  const after = requireField(batch, 'trueValues');
  return {
    advantages,
    trace: {
      advantages: perToken(advantages),
      trueValueAfter: perToken(after),
      trueValueBefore: perToken(after.map((value, t) => value - advantages[t])),
    },
  };
};
