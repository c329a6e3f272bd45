/** Rewards that read how likely the reference answer is after the sampled reasoning. */
import type { ForcedField, ForcedText, RolloutBatch } from '../batch.ts';
import { answersOf, answerSums, forcedField, onAnswerCells } from '../forced.ts';
import { exp, log, logSumExp } from '../math.ts';
import { perGroup, perResponse, perToken } from '../trace.ts';
import type { Likelihood } from './likelihood.ts';
import { LIKELIHOOD_KINDS, likelihoods } from './likelihood.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, KnobValues, Lane, RewardStage, Trace } from './types.ts';

export interface ScoredAnswers {
  answers: readonly ForcedText[];
  /** [F] log-probs when the batch was drawn. */
  logprobs: Float64Array;
  /** [responses] their sum over the answer. */
  sums: Float64Array;
  trace: Trace;
}

/** The answers of a batch under the policy that drew it, or under another model, and what every method traces of them. */
export function scoreAnswers(batch: RolloutBatch, field: ForcedField = 'oldLogprobs', need = 'answerLogprobs'): ScoredAnswers {
  const answers = answersOf(batch);
  const logprobs = forcedField(batch, field, need);
  const sums = answerSums(answers, logprobs);
  const { answerOutlook } = batch.fields;
  return {
    answers,
    logprobs,
    sums,
    trace: {
      answerLogprob: onAnswerCells(batch, answers, logprobs),
      answerSum: perResponse(sums),
      answerLength: perResponse(Float64Array.from(answers, ({ start, end }) => end - start)),
      perplexity: perResponse(sums.map((s, i) => exp(-s / (answers[i].end - answers[i].start)))),
      logprobMcN: perGroup(Float64Array.from(batch.groups, ({ start, end }) => logSumExp(sums, start, end) - log(end - start))),
      verifierReward: perResponse(Float64Array.from(batch.responses, ({ reward }) => reward)),
      ...(answerOutlook ? { answerOutlook: perToken(answerOutlook) } : {}),
    },
  };
}

/** What the verifier pays: the reward, on a scale of its own and with something for a well-formed wrong answer. */
function verifierRewards(batch: RolloutBatch, knobs: KnobValues): Float64Array {
  return Float64Array.from(batch.responses, ({ reward, wellFormed }) => {
    const wrong = wellFormed === true ? knobs.formatReward : 0;
    return reward * knobs.verifierScale + (1 - reward) * wrong;
  });
}

/** R_i by `likelihoodKind`; `baseRL` is the verifier's own reward. */
export const answerReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const { answers, logprobs, trace } = scoreAnswers(batch);
  const kind = LIKELIHOOD_KINDS[knobs.likelihoodKind];
  const found: Likelihood = likelihoods(kind, batch.groups, answers, logprobs);
  return scalarRewards(input, kind === 'baseRL' ? verifierRewards(batch, knobs) : found.values, trace);
};

/** Options of `rewardSource`, by index. */
export const REWARD_SOURCES = ['p', 'logp'] as const;

/** exp(s) or s of the whole answer, times `rewardScale` [VeriFree verifree.py compute_rloo_advantages]. */
export const verifreeReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const { sums, trace } = scoreAnswers(batch);
  const isProbability = REWARD_SOURCES[knobs.rewardSource] === 'p';
  return scalarRewards(
    input,
    sums.map((s) => knobs.rewardScale * (isProbability ? exp(s) : s)),
    trace,
  );
};

export const VERIFREE_KNOBS: readonly Knob[] = [
  {
    id: 'rewardSource',
    label: 'Reward',
    symbol: 'R',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning:
      'The reference answer’s probability, or its logarithm, which still tells bad reasonings apart where every probability is near 0.',
    paper: { value: 0, source: 'VeriFree run.sh (the class’s own default is logp)' },
    options: REWARD_SOURCES,
    applies: 'credit',
  },
  {
    id: 'rewardScale',
    label: 'Factor on the reward',
    symbol: 'k',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 10,
    step: 0.1,
    scale: 'lin',
    unit: '',
    meaning: 'Nothing is divided by a std, so that a larger reward makes a larger step.',
    paper: { value: 1, source: 'VeriFree run.sh' },
    applies: 'credit',
    advanced: true,
  },
];

export const ANSWER_LANES: readonly Lane[] = [
  {
    id: 'answerLogprob',
    label: 'Answer log-prob',
    trace: 'answerLogprob',
    unit: 'nats',
    kind: 'sequential',
    domain: [-8, 0],
    meaning: 'Log-probability of the reference answer’s token in this place after the sampled reasoning, whatever was sampled here.',
  },
  {
    id: 'answerOutlook',
    label: 'Outlook',
    trace: 'answerOutlook',
    unit: 'nats',
    kind: 'sequential',
    domain: [-8, 0],
    meaning: 'Log-probability of the whole reference answer if the reasoning stopped after this token.',
  },
  {
    id: 'answerSum',
    label: 'Whole answer',
    trace: 'answerSum',
    unit: 'nats',
    kind: 'sequential',
    domain: [-8, 0],
    meaning: 'Log-probability of the whole reference answer after this reasoning.',
  },
  {
    id: 'likelihoodReward',
    label: 'Reward paid',
    trace: 'totalReward',
    unit: 'reward',
    kind: 'diverging',
    domain: 'auto',
    meaning: 'What the method pays for the reasoning.',
  },
  {
    id: 'verifierReward',
    label: 'Verifier',
    trace: 'verifierReward',
    unit: 'reward',
    kind: 'sequential',
    domain: [0, 1],
    meaning: 'What the 0/1 verifier says of the sampled answer; this method need not read it.',
  },
];

/** The pull on the answer's own tokens, of methods that have such a term. */
export const ANSWER_CREDIT_LANE: Lane = {
  id: 'answerCredit',
  label: 'Pull on the answer',
  trace: 'answerCredit',
  unit: 'none',
  kind: 'diverging',
  domain: 'auto',
  meaning: 'How hard this update pushes the reference answer’s token in this place up (+) or down (−), on the scale of the credit.',
};

export const LIKELIHOOD_KNOBS: readonly Knob[] = [
  {
    id: 'likelihoodKind',
    label: 'Reward',
    symbol: 'R',
    stage: 'reward',
    default: LIKELIHOOD_KINDS.indexOf('logprob'),
    min: 0,
    max: LIKELIHOOD_KINDS.length - 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'What the reasoning earns: the verifier’s 0/1, or the reference answer’s probability or log-probability, whole or per token.',
    paper: { value: LIKELIHOOD_KINDS.indexOf('logprob'), source: 'arXiv 2602.03979, its recommendation' },
    options: LIKELIHOOD_KINDS,
    applies: 'credit',
    alsoReadBy: ['advantage', 'loss'],
  },
  {
    id: 'verifierScale',
    label: 'Pay for a right answer',
    symbol: 'R_{right}',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 100,
    step: 1,
    scale: 'lin',
    unit: 'reward',
    meaning: 'For baseRL alone: what a right answer earns; without division by a std it scales the whole step.',
    paper: { value: 100, source: 'arXiv 2602.03979 App. B; its equations 1' },
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'formatReward',
    label: 'Pay for a well-formed one',
    symbol: 'R_{form}',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 100,
    step: 1,
    scale: 'lin',
    unit: 'reward',
    meaning: 'For baseRL alone: what a wrong answer of the right form earns.',
    paper: { value: 10, source: 'arXiv 2602.03979 App. B; its equations 0' },
    applies: 'credit',
    advanced: true,
  },
];
