import { exp, log } from '../math.ts';
import { perResponse } from '../trace.ts';
import { scoreAnswers } from './answerReward.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, RewardStage } from './types.ts';

const LN_10 = log(10);

/**
 * NOVER: the reference answer's perplexity after each reasoning z, under a lagged proxy, P = exp(meanNLL / max(1, 1 + log10 |z|)). Well-formed
 * responses are ranked by it: reasoning reward (m − rank)/m, best 1, worst 1/m, equal ones in their order. Efficiency: the share of
 * the other m − 1 that are both longer and worse. Malformed ones have neither [NOVER utils.py reasoning_reward, efficiency_reward].
 * A response of which nothing is said about its form counts as well-formed.
 */
export const perplexityReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const { answers, sums, trace } = scoreAnswers(batch, 'proxy.logprobs', 'proxyAnswerLogprobs');
  const count = answers.length;
  const lengths = Float64Array.from(answers, ({ after = 0 }) => after);
  const form = Float64Array.from(batch.responses, ({ wellFormed }) => (wellFormed === false ? 0 : 1));
  const raw = sums.map((s, i) => exp(-s / (answers[i].end - answers[i].start)));
  // An empty reasoning has the divisor of one token.
  const scaled = sums.map((s, i) => exp(-s / (answers[i].end - answers[i].start) / Math.max(1, 1 + log(Math.max(lengths[i], 1)) / LN_10)));
  const [reasoning, efficiency] = [new Float64Array(count), new Float64Array(count)];
  for (const { start, end } of batch.groups) {
    const valid = Array.from({ length: end - start }, (_, k) => start + k).filter((i) => form[i] === 1);
    const ranked = [...valid].sort((i, j) => scaled[i] - scaled[j] || i - j);
    ranked.forEach((i, rank) => {
      reasoning[i] = (valid.length - rank) / valid.length;
    });
    if (valid.length < 2) continue;
    for (const i of valid)
      efficiency[i] = valid.filter((j) => lengths[j] > lengths[i] && scaled[j] > scaled[i]).length / (valid.length - 1);
  }
  const rewards = form.map(
    (f, i) => knobs.weightFormat * f + knobs.weightReasoning * reasoning[i] + knobs.weightEfficiency * efficiency[i],
  );
  return scalarRewards(input, rewards, {
    ...trace,
    rawPerplexity: perResponse(raw),
    normalizedPerplexity: perResponse(scaled),
    reasoningLength: perResponse(lengths),
    reasoningReward: perResponse(reasoning),
    efficiencyReward: perResponse(efficiency),
    wellFormed: perResponse(form),
  });
};

const weight = (id: string, label: string, symbol: string, meaning: string): Knob => ({
  id,
  label,
  symbol,
  stage: 'reward',
  default: 1,
  min: 0,
  max: 3,
  step: 0.1,
  scale: 'lin',
  unit: '',
  meaning,
  paper: { value: 1, source: 'NOVER reward weights' },
  applies: 'credit',
});

export const PERPLEXITY_KNOBS: readonly Knob[] = [
  weight('weightFormat', 'Weight of the form', 'w_f', 'How much a well-formed response earns.'),
  weight('weightReasoning', 'Weight of the reasoning', 'w_r', 'How much the best-ranked reasoning earns.'),
  weight('weightEfficiency', 'Weight of the efficiency', 'w_e', 'How much a reasoning earns that beats all longer ones.'),
];
