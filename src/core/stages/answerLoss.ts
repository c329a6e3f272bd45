/** Policy gradient on the sampled reasoning, and a second term on the tokens of the reference answer. */
import type { ForcedText, RolloutBatch } from '../batch.ts';
import { answersOf, answerSums, forcedField, onAnswerCells, perForced, reasoningMask } from '../forced.ts';
import { CLIP_STATE } from '../pipeline.types.ts';
import { mean } from '../stats.ts';
import { perBatch, perResponse, perToken } from '../trace.ts';
import { knobWeights } from './aggregation.ts';
import { requireField } from './fields.ts';
import { LIKELIHOOD_KINDS, likelihoods } from './likelihood.ts';
import { sumTokenLoss } from './tokenLoss.ts';
import type { Knob, KnobValues, LossInput, LossResult, LossStage } from './types.ts';

/** The term on the answers: its value, and its derivative by each answer token's log-prob, [F]. */
interface AnswerTerm {
  value: number;
  grad: Float64Array;
}

/** Σ w (−A log π) over the tokens with `keep` 1; the others are left out, whatever their ratio. */
function reasoningLoss(input: LossInput, keep: Float64Array, factor: number): LossResult {
  const { batch, knobs, advantages } = input;
  const logprobs = requireField(batch, 'logprobs');
  return sumTokenLoss(input, {
    advantages,
    values: advantages.map((a, t) => -a * logprobs[t] * keep[t]),
    slope: advantages.map((a, t) => -a * keep[t]),
    weights: knobWeights(batch, knobs).map((w) => w * factor),
    trace: { clipState: perToken(keep.map((k) => (k === 1 ? CLIP_STATE.none : CLIP_STATE.masked))) },
  });
}

/** The policy loss with the answer's term added, weighted by `answerCoef`, and what the page shows of it. */
function addAnswers(
  batch: RolloutBatch,
  knobs: KnobValues,
  answers: readonly ForcedText[],
  policy: LossResult,
  term: AnswerTerm,
): LossResult {
  const gradForced = term.grad.map((g) => knobs.answerCoef * g);
  const value = knobs.answerCoef * term.value;
  const n = batch.tokens.length;
  return {
    ...policy,
    loss: policy.loss + value,
    gradForced,
    trace: {
      ...policy.trace,
      answerLoss: perBatch(value),
      answerGradWeights: perForced(gradForced),
      answerCredit: onAnswerCells(
        batch,
        answers,
        gradForced.map((g) => 0 - n * g),
      ),
      answerGradWeight: onAnswerCells(batch, answers, gradForced),
      reasoningGradWeight: perResponse(Float64Array.from(batch.responses, ({ start }) => policy.gradLogprobs[start])),
    },
  };
}

/**
 * −(1/B) Σ_i [sg(A_i) Σ_t log π(z_t) + R_i(θ)], B the responses of the minibatch; R_i is differentiated through the answer's log-probs
 * [arXiv 2602.03979 Lemma 1]. `jepo` sums over the group where the others average, and has one R a group. `baseRL` has no second
 * term, and its policy gradient runs over the sampled answer, too.
 */
export const likelihoodLoss: LossStage = (input) => {
  const { batch, knobs } = input;
  const kind = LIKELIHOOD_KINDS[knobs.likelihoodKind];
  const answers = answersOf(batch);
  const count = answers.length;
  const factor = kind === 'jepo' ? count / batch.groups.length : 1;
  const keep = kind === 'baseRL' ? new Float64Array(batch.tokens.length).fill(1) : reasoningMask(batch, answers);
  const policy = reasoningLoss(input, keep, factor);
  const { values, slope } = likelihoods(kind, batch.groups, answers, forcedField(batch, 'logprobs', 'answerLogprobs'));
  return addAnswers(batch, knobs, answers, policy, {
    value: 0 - mean(kind === 'jepo' ? batch.groups.map(({ start }) => values[start]) : values),
    grad: slope.map((g) => 0 - (g * factor) / count),
  });
};

/** Options of `sftCoefSource`, by index. */
export const ANSWER_COEFS = ['reward', 'advantage', '1'] as const;

/** mean_i [−A_i Σ_t log π(z_t) − coef_i s_i] with a constant coefficient, by default the reward [VeriFree verifree.py learning_step]. */
export const weightedAnswerLoss: LossStage = (input) => {
  const { batch, knobs, rewards, advantages } = input;
  const answers = answersOf(batch);
  const policy = reasoningLoss(input, reasoningMask(batch, answers), 1);
  const sums = answerSums(answers, forcedField(batch, 'logprobs', 'answerLogprobs'));
  const source = ANSWER_COEFS[knobs.sftCoefSource];
  const coef = rewards.total.map((reward, i) => {
    if (source === '1') return 1;
    return source === 'reward' ? reward : advantages[batch.responses[i].start];
  });
  const grad = new Float64Array(forcedField(batch, 'logprobs', 'answerLogprobs').length);
  answers.forEach(({ start, end }, i) => grad.fill(0 - coef[i] / answers.length, start, end));
  const value = 0 - sums.reduce((sum, s, i) => sum + coef[i] * s, 0) / answers.length;
  const { trace, ...result } = addAnswers(batch, knobs, answers, policy, { value, grad });
  return { ...result, trace: { ...trace, answerCoefs: perResponse(coef) } };
};

export const ANSWER_COEF_KNOB: Knob = {
  id: 'answerCoef',
  label: 'Weight of the answer’s term',
  symbol: 'c_a',
  stage: 'loss',
  default: 1,
  min: 0,
  max: 2,
  step: 0.05,
  scale: 'lin',
  unit: '',
  meaning: 'At 0 only the reasoning learns; larger teaches the answer after it more, as supervised training would.',
  paper: { value: 1, source: 'arXiv 2602.03979 Lemma 1' },
  applies: 'credit',
};

export const SFT_KNOBS: readonly Knob[] = [
  {
    id: 'sftCoefSource',
    label: 'The answer’s coefficient',
    symbol: 'c_i',
    stage: 'loss',
    default: 0,
    min: 0,
    max: 2,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'What the answer’s own term is weighted by: the reward (the exact gradient of a probability), the advantage, or 1.',
    paper: { value: 0, source: 'VeriFree run.sh' },
    options: ANSWER_COEFS,
    applies: 'credit',
  },
];
