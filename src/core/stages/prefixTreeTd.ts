import { buildPrefixTree } from '../prefixTree.ts';
import { perGroup, perToken, spreadResponses } from '../trace.ts';
import { groupScores, NORM } from './groupNormalisation.ts';
import type { AdvantageStage } from './types.ts';

/**
 * TEMPO: A = ((r − mean r) + V(s_{t+1}) − V(s_t)) / (std r + ε), V = mean reward of the group's samples through a prefix.
 * Sample std over the group, not the node. Group of one: 0 (the released code gives NaN there)
 * [fatebreaker/tempo@0a1c273 core_algos.py compute_tempo_outcome_advantage].
 */
export const prefixTreeTd: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const scores = groupScores(batch, rewards.total, knobs);
  const [valueBefore, valueAfter, countBefore, countAfter, td, isBranch, advantages] = Array.from({ length: 7 }, () => new Float64Array(n));
  batch.groups.forEach(({ start, end }, g) => {
    const tree = buildPrefixTree(batch, g, rewards.total);
    const isLone = end - start === 1;
    const divisor = knobs.normByStd === NORM.none ? 1 : scores.std[g] + knobs.stdEps;
    for (let i = start; i < end; i++) {
      const response = batch.responses[i];
      for (let t = response.start; t < response.end; t++) {
        const k = t - tree.tokenStart;
        valueBefore[t] = tree.valueBefore[k];
        valueAfter[t] = tree.valueAfter[k];
        countBefore[t] = tree.countBefore[k];
        countAfter[t] = tree.countAfter[k];
        td[t] = valueAfter[t] - valueBefore[t];
        isBranch[t] = countAfter[t] < countBefore[t] ? 1 : 0;
        advantages[t] = isLone ? 0 : (rewards.total[i] - scores.mean[g] + td[t]) / divisor;
      }
    }
  });
  return {
    advantages,
    trace: {
      groupMean: perGroup(scores.mean),
      groupStd: perGroup(scores.std),
      grpoAdvantages: perToken(spreadResponses(batch, scores.score)),
      valueBefore: perToken(valueBefore),
      valueAfter: perToken(valueAfter),
      countBefore: perToken(countBefore),
      countAfter: perToken(countAfter),
      td: perToken(td),
      isBranch: perToken(isBranch),
      advantages: perToken(advantages),
    },
  };
};
