import { perToken } from '../trace.ts';
import { prefixTreeTd } from './prefixTreeTd.ts';
import type { AdvantageStage } from './types.ts';

/** A = V(s_{t+1}) − V(s_t) alone, V = mean reward of the group's samples through a prefix: the tree's own estimate of the true advantage. */
export const treeTd: AdvantageStage = (input) => {
  const { valueBefore, valueAfter, countBefore, countAfter, td, isBranch } = prefixTreeTd(input).trace;
  return {
    advantages: td.values,
    trace: { valueBefore, valueAfter, countBefore, countAfter, td, isBranch, advantages: perToken(td.values) },
  };
};
