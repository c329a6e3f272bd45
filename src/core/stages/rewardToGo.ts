import { perToken } from '../trace.ts';
import type { AdvantageStage } from './types.ts';

/** A_t = Σ_{s≥t} of all reward streams, undiscounted, with no baseline: for rewards that are centred already (process-supervised GRPO, DeepSeekMath §4.1.3). */
export const rewardToGo: AdvantageStage = ({ batch, rewards }) => {
  const n = batch.tokens.length;
  const [processReturn, outcomeReturn, advantages] = Array.from({ length: 3 }, () => new Float64Array(n));
  for (const { start, end } of batch.responses) {
    let process = 0;
    let outcome = 0;
    for (let t = end - 1; t >= start; t--) {
      for (const [name, stream] of Object.entries(rewards.streams)) {
        if (name === 'process') process += stream[t];
        else outcome += stream[t];
      }
      processReturn[t] = process;
      outcomeReturn[t] = outcome;
      advantages[t] = process + outcome;
    }
  }
  return {
    advantages,
    trace: { processReturn: perToken(processReturn), outcomeReturn: perToken(outcomeReturn), advantages: perToken(advantages) },
  };
};
