/** PRIME's process reward model: a second language model trained on outcomes alone, its sequence log-ratio the logit of success. */
import type { RolloutBatch } from '../batch.ts';
import { exp, log1p, sigmoid } from '../math.ts';
import { perBatch, perResponse, perToken } from '../trace.ts';
import type { ModelLossInput, ModelLossResult, ModelSpec } from './models.ts';
import { processReference } from './processReward.ts';

/**
 * Share of the pairs i < j of a group with different rewards that the scores order as the rewards do; a tie counts as "the later one
 * is better", a group without such a pair gives ½; mean over groups [PRIME-RL/PRIME@18ad596 compute_dpo_accuracy].
 */
export function pairAccuracy({ groups, responses }: Pick<RolloutBatch, 'groups' | 'responses'>, scores: Float64Array): number {
  let total = 0;
  for (const { start, end } of groups) {
    let right = 0;
    let pairs = 0;
    for (let i = start; i < end; i++) {
      for (let j = i + 1; j < end; j++) {
        if (responses[i].reward === responses[j].reward) continue;
        pairs++;
        if (scores[i] > scores[j] === responses[i].reward > responses[j].reward) right++;
      }
    }
    total += pairs > 0 ? right / pairs : 0.5;
  }
  return total / groups.length;
}

/** Mean over responses of BCE(σ(β Σ_t q_t), R), and its derivative β(σ − R)/B by every log-prob of the response. */
export function outcomeCrossEntropy({ batch, knobs, now }: ModelLossInput): ModelLossResult {
  const reference = processReference(batch, knobs);
  const beta = knobs.betaTrain;
  const count = batch.responses.length;
  const scores = new Float64Array(count);
  const probability = new Float64Array(count);
  const gradAnswers = new Float64Array(batch.tokens.length);
  let loss = 0;
  batch.responses.forEach(({ start, end, reward }, i) => {
    for (let t = start; t < end; t++) scores[i] += now.answers[t] - reference[t];
    const x = beta * scores[i];
    probability[i] = sigmoid(x);
    loss += (Math.max(x, 0) + log1p(exp(-Math.abs(x))) - reward * x) / count;
    gradAnswers.fill((beta * (probability[i] - reward)) / count, start, end);
  });
  return {
    loss,
    gradAnswers,
    trace: {
      prmScore: perResponse(scores),
      prmProbability: perResponse(probability),
      prmLoss: perBatch(loss),
      prmLossGrad: perToken(gradAnswers),
      prmPairAccuracy: perBatch(pairAccuracy(batch, scores)),
    },
  };
}

export const processModel: ModelSpec = {
  name: 'prm',
  title: 'Process reward model',
  stage: 'reward',
  answer: { kind: 'logprobs' },
  trunk: () => 'own',
  init: (knobs) => (knobs.prmInit === 1 ? 'policy' : 'base'),
  schedule: (knobs) => (knobs.prmOrder === 1 ? 'before' : 'after'),
  isOnline: (knobs) => knobs.prmUpdate === 1,
  learningRate: (knobs, policyRate) => knobs.prmRate * policyRate,
  gradientClip: (knobs) => knobs.prmClip,
  loss: outcomeCrossEntropy,
};
