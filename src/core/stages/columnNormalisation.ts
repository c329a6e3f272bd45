import { mean, sampleStd } from '../stats.ts';
import { perToken } from '../trace.ts';
import { NORM } from './groupNormalisation.ts';
import { necessaryPrefix } from './necessaryPrefix.ts';
import type { AdvantageStage } from './types.ts';

/** Values of the trace `redundantCredit`. */
export const REDUNDANT_CREDIT = { needed: 0, down: 1, none: 2, up: 3 } as const;

/**
 * Compares the tokens at each position across the group: A = (r − mean)/(std + ε), sample std. A response that has ended takes
 * part with the value of its padding, so a column always has G rows; a group of one is compared with 0
 * [pixas/DECS@0d12e53 core_algos.py compute_grpo_proc_length_advantage_return]. Without levels from the reward stage every
 * token is worth its response's total.
 */
export const columnNormalisation: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const [advantages, columnMean, columnStd, redundantCredit] = Array.from({ length: 4 }, () => new Float64Array(n));
  batch.groups.forEach(({ start, end }) => {
    const rows = batch.responses.slice(start, end);
    const longest = rows.reduce((length, row) => Math.max(length, row.end - row.start), 0);
    for (let t = 0; t < longest; t++) {
      const column = Float64Array.from(rows, (row, k) => {
        const hasEnded = row.start + t >= row.end;
        if (!rewards.levels) return rewards.total[start + k];
        return hasEnded ? rewards.levels.padding[start + k] : rewards.levels.tokens[row.start + t];
      });
      const isLone = column.length === 1;
      // Equal values have no spread; the rounding of their mean is not to be blown up by 1/ε.
      const isFlat = column.every((value) => value === column[0]);
      const centre = isLone ? 0 : isFlat ? column[0] : mean(column);
      const std = isLone ? 1 : isFlat ? 0 : sampleStd(column, centre);
      rows.forEach((row, k) => {
        const place = row.start + t;
        if (place >= row.end) return;
        columnMean[place] = centre;
        columnStd[place] = std;
        const centred = column[k] - centre;
        if (isLone && knobs.singletonZero === 1) return;
        advantages[place] = knobs.normByStd === NORM.none ? centred : centred / (std + knobs.stdEps);
      });
    }
  });
  for (const response of batch.responses) {
    const { redundant } = necessaryPrefix(response);
    if (!redundant) continue;
    for (let t = response.start + redundant.start; t < response.start + redundant.end; t++) {
      redundantCredit[t] = advantages[t] > 0 ? REDUNDANT_CREDIT.up : advantages[t] < 0 ? REDUNDANT_CREDIT.down : REDUNDANT_CREDIT.none;
    }
  }
  return {
    advantages,
    trace: {
      columnMean: perToken(columnMean),
      columnStd: perToken(columnStd),
      redundantCredit: perToken(redundantCredit),
      advantages: perToken(advantages),
    },
  };
};
