import type { RolloutBatch } from '../batch.ts';
import { perBatch, perToken, spreadResponses } from '../trace.ts';
import { GAE_LAMBDA_KNOB, generalizedAdvantage } from './generalizedAdvantage.ts';
import type { ModelLossInput, ModelLossResult, ModelSpec } from './models.ts';
import type { AdvantageStage, Knob, SamplingStage } from './types.ts';
import { augmentLogits, drawKl } from './valueAugmentation.ts';

/** The second network whose values steer the draw, and what it says after each candidate token: [N,V] of the batch. */
export const VALUE_MODEL = 'value';
export const CANDIDATE_VALUES = 'candidateValues';

export const VALUE_SAMPLING_KNOBS: readonly Knob[] = [
  {
    id: 'valueBeta',
    label: 'Weight of the value',
    symbol: '\\beta',
    stage: 'sampling',
    default: 3,
    min: -10,
    max: 30,
    step: 0.25,
    scale: 'lin',
    unit: 'per reward',
    meaning: 'How far a candidate’s value moves its logit; 0 is the frozen policy, and below 0 the worse tokens are preferred.',
    paper: { value: 3, source: 'VAS@85e13ed README example' },
    applies: 'sampling',
    alsoReadBy: ['advantage'],
  },
  {
    id: 'candidates',
    label: 'Candidates a token',
    symbol: 'k',
    stage: 'sampling',
    default: 20,
    min: 1,
    max: 32,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'The so many likeliest tokens are moved by their value, the others keep their logit; with 1 nothing moves.',
    paper: { value: 20, source: 'VAS@85e13ed topk' },
    applies: 'sampling',
    alsoReadBy: ['advantage'],
  },
  {
    id: 'valueDraw',
    label: 'Drawn with the values',
    symbol: '\\mathrm{draw}',
    stage: 'sampling',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning:
      'Which prompts of a step are decoded with the values; the others are drawn from the frozen policy, and the values learn from them.',
    paper: { value: 0, source: 'VAS §3: trained on samples of the frozen policy, decoded afterwards' },
    options: ['none', 'every other prompt'],
    applies: 'sampling',
  },
  {
    id: 'gamma',
    label: 'Discount',
    symbol: '\\gamma',
    stage: 'advantage',
    default: 1,
    min: 0.5,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: '',
    meaning: 'Below 1, a token far from the end gets less of the final reward.',
    paper: { value: 1, source: 'VAS@85e13ed' },
    applies: 'credit',
  },
  { ...GAE_LAMBDA_KNOB, paper: { value: 0.95, source: 'VAS@85e13ed lam' } },
  {
    id: 'terminalValue',
    label: 'Value after the end',
    symbol: 'V_{end}',
    stage: 'advantage',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Decoding reads the value after an end token. The code never trains it; here it learns the reward of the answer.',
    paper: { value: 0, source: 'VAS@85e13ed: the mask covers the states before tokens' },
    options: ['never trained, as in the code', 'the reward'],
    applies: 'training',
  },
  {
    id: 'valueLearningRate',
    label: 'Learning rate of the values',
    symbol: '\\eta_V',
    stage: 'advantage',
    default: 1e-3,
    min: 1e-5,
    max: 1e-2,
    step: 3,
    scale: 'log',
    unit: '',
    meaning: 'How fast the value network learns; too fast and its values jump from step to step.',
    paper: { value: 1.41e-5, source: 'VAS@85e13ed, for a network of billions of weights' },
    applies: 'training',
  },
];

/**
 * logits′ = top-k logits moved by β (v − mean v), divided by T, for every other prompt of a step or for none; the other prompts are
 * drawn from the frozen policy, and the values learn from them alone.
 */
export const valueAugmentedSampling: SamplingStage = {
  candidates: { model: VALUE_MODEL, isRead: (knobs, slot) => knobs.valueDraw === 1 && slot % 2 === 1 },
  transform({ logits, out, knobs, candidateValues }) {
    if (candidateValues) augmentLogits(logits, candidateValues, knobs.valueBeta, knobs.candidates, out);
    else out.set(logits);
    for (let v = 0; v < out.length; v++) out[v] /= knobs.temperature;
    return { temperature: knobs.temperature, trace: {} };
  },
};

/** [N] KL(π′‖π0) of each draw in nats, from the candidates' values that the batch holds; NaN without them or without logits. */
export function drawKls(batch: RolloutBatch, beta: number, topK: number): Float64Array {
  const n = batch.tokens.length;
  const kls = new Float64Array(n).fill(NaN);
  const values = batch.measured?.[CANDIDATE_VALUES];
  if (!batch.logits || !values) return kls;
  const { width: V, data } = batch.logits;
  const out = new Float64Array(V);
  for (let t = 0; t < n; t++) {
    const raw = data.subarray(t * V, (t + 1) * V);
    augmentLogits(raw, values.values.subarray(t * V, (t + 1) * V), beta, topK, out);
    for (let v = 0; v < V; v++) out[v] /= batch.baseTemperature;
    kls[t] = drawKl(out, raw, batch.baseTemperature);
  }
  return kls;
}

/** TD(λ) on the frozen policy's values: the λ-returns are what the value network should have said. The policy is not credited. */
export const valueTargets: AdvantageStage = (input) => {
  const { batch, knobs } = input;
  const result = generalizedAdvantage({ ...input, knobs: { ...knobs, whiten: 0 } });
  const isAugmented = drawnFromPolicy(batch).map((isOwn) => (isOwn ? 0 : 1));
  const kls = drawKls(batch, knobs.valueBeta, knobs.candidates);
  return { ...result, trace: { ...result.trace, isAugmented: perToken(spreadResponses(batch, isAugmented)), drawKl: perToken(kls) } };
};

/** [responses] whether each was drawn from the policy itself at T_base; where the draw's log-probs are not known, all were. */
export function drawnFromPolicy({ responses, fields }: RolloutBatch): boolean[] {
  const { samplingLogprobs: drawn, oldLogprobs: own } = fields;
  return responses.map(({ start, end }) => {
    if (drawn && own) for (let t = start; t < end; t++) if (drawn[t] !== own[t]) return false;
    return true;
  });
}

/**
 * ½ mean (V − target)² over the tokens that the frozen policy drew, without a clip. The value after the end is one more position of a
 * response, with its reward as the target; the code's mask leaves it out.
 */
export function valueRegression({ batch, knobs, now, rewards, targets }: ModelLossInput): ModelLossResult {
  if (!targets || !rewards) throw new Error('The value network learns from returns, which the advantage stage has not given.');
  const { answers, endAnswers } = now;
  const isTerminal = knobs.terminalValue === 1 && endAnswers !== undefined;
  const learned = drawnFromPolicy(batch);
  const errors = new Float64Array(answers.length);
  const endErrors = new Float64Array(batch.responses.length);
  let count = 0;
  let squares = 0;
  batch.responses.forEach(({ start, end }, i) => {
    if (!learned[i]) return;
    for (let t = start; t < end; t++) {
      errors[t] = answers[t] - targets[t];
      squares += errors[t] * errors[t];
    }
    if (isTerminal) {
      endErrors[i] = endAnswers[i] - rewards.total[i];
      squares += endErrors[i] * endErrors[i];
    }
    count += end - start + (isTerminal ? 1 : 0);
  });
  // A minibatch without a sample of the frozen policy teaches nothing.
  const loss = count > 0 ? (0.5 * squares) / count : 0;
  const perPosition = (error: number) => (count > 0 ? error / count : 0);
  return {
    loss,
    gradAnswers: errors.map(perPosition),
    ...(endAnswers ? { gradEndAnswers: endErrors.map(perPosition) } : {}),
    trace: { newStateValue: perToken(answers), valueError: perToken(errors), valueLoss: perBatch(loss) },
  };
}

export const valueModel: ModelSpec = {
  name: VALUE_MODEL,
  title: 'Value network',
  stage: 'advantage',
  answer: { kind: 'values' },
  trunk: () => 'own',
  init: () => 'base',
  schedule: () => 'inner',
  isOnline: () => true,
  learningRate: (knobs) => knobs.valueLearningRate,
  readsEnd: true,
  loss: valueRegression,
};
