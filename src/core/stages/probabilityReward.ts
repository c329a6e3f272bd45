/** RLPR's reward: the mean probability of the reference answer's tokens, shaped, mixed with the format, and the filter that it steers. */
import { exp, pow, sigmoid } from '../math.ts';
import { mean, sampleStd } from '../stats.ts';
import { perBatch, perGroup, perResponse } from '../trace.ts';
import { scoreAnswers } from './answerReward.ts';
import { scalarRewards } from './terminalReward.ts';
import type { Knob, Method, RewardStage, SamplingStage } from './types.ts';
import { temperatureSampling } from './temperatureSampling.ts';

/** Options of `answerScore` and `shaping`, by index. */
export const ANSWER_SCORES = ['mean_exp_log_softmax', 'exp_mean_log_softmax'] as const;
export const SHAPINGS = ['threshold_0', 'sigmoid'] as const;

/**
 * b = mean exp(l) or exp(mean l); shaped(b − scoreA); R = (1 − c) shaped + c format, with c = −1 shaped where the format is right and −1
 * where not [RLPR prob.py ProbRewardManager; the code rounds b to bfloat16, which is left out]. A response of which nothing is said
 * about its form counts as well-formed.
 */
export const probabilityReward: RewardStage = (input) => {
  const { batch, knobs } = input;
  const { answers, logprobs, trace } = scoreAnswers(batch);
  const isArithmetic = ANSWER_SCORES[knobs.answerScore] === 'mean_exp_log_softmax';
  const scores = Float64Array.from(answers, ({ start, end }) => {
    const own = logprobs.subarray(start, end);
    return isArithmetic ? mean(own.map((l) => exp(l))) : exp(mean(own));
  });
  const gains = scores.map((b) => b - knobs.scoreA);
  const shaped = gains.map((gain) =>
    SHAPINGS[knobs.shaping] === 'threshold_0' ? Math.max(gain, 0) : sigmoid(knobs.shapingSteepness * (2 * gain - 1)),
  );
  const form = Float64Array.from(batch.responses, ({ wellFormed }) => (wellFormed === false ? 0 : 1));
  const c = knobs.formatCoefficient;
  const rewards = shaped.map((value, i) => (c === -1 ? (form[i] === 1 ? value : -1) : (1 - c) * value + c * form[i]));
  const outlook = Float64Array.from(batch.groups, ({ answerOutlook }) => answerOutlook ?? NaN);
  const lengths = batch.groups.map(({ start }) => answers[start].end - answers[start].start);
  const spread = Float64Array.from(batch.groups, ({ start, end }) => (end - start === 1 ? 0 : sampleStd(rewards.subarray(start, end))));
  return scalarRewards(input, rewards, {
    ...trace,
    answerScore: perResponse(scores),
    promptOutlook: perGroup(outlook),
    hasPromptOutlook: perGroup(outlook.map((value) => (Number.isNaN(value) ? 0 : 1))),
    scoreWithout: perGroup(outlook.map((value, g) => exp(value / lengths[g]))),
    shapedScore: perResponse(shaped),
    wellFormed: perResponse(form),
    rewardStd: perGroup(spread),
  });
};

/** Groups whose rewards spread by less than `stdFilter` times the running mean of the spread are drawn again; at the first step none. */
export const spreadSampling: SamplingStage = {
  ...temperatureSampling,
  keepGroups: (input) => {
    const running = input.state?.stdMean;
    const threshold = typeof running === 'number' ? input.knobs.stdFilter * running : 0;
    const spread = probabilityReward(input).trace.rewardStd.values;
    return {
      keep: Uint8Array.from(spread, (s) => (s >= threshold ? 1 : 0)),
      trace: { stdThreshold: perBatch(threshold) },
    };
  },
};

/** The running mean of the groups' spread, after this step: 0.99 of the old and 0.01 of the new, corrected for its start at nothing. */
export const spreadState: NonNullable<Method['nextState']> = (input) => {
  const { stdMean = 0, steps = 0 } = input.state ?? {};
  const now = mean(probabilityReward(input).trace.rewardStd.values);
  const before = steps as number;
  const share = (1 - DECAY) / (1 - pow(DECAY, before + 1));
  return { stdMean: (1 - share) * (stdMean as number) + share * now, steps: before + 1 };
};
const DECAY = 0.99;

export const PROBABILITY_KNOBS: readonly Knob[] = [
  {
    id: 'stdFilter',
    label: 'Least spread of a group',
    symbol: '\\beta_\\sigma',
    stage: 'sampling',
    default: 0.5,
    min: 0,
    max: 1,
    step: 0.05,
    scale: 'lin',
    unit: '× mean',
    meaning: 'A prompt whose rewards spread by less than this share of the running mean is drawn again; 0 keeps all.',
    paper: { value: 0.5, source: 'RLPR §3.4' },
    applies: 'sampling',
  },
  {
    id: 'answerScore',
    label: 'Score of the answer',
    symbol: 'b',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'The mean of the tokens’ probabilities, or their geometric mean, which one unlikely token pulls down.',
    paper: { value: 0, source: 'RLPR prob.py' },
    options: ANSWER_SCORES,
    applies: 'credit',
    alsoReadBy: ['sampling'],
  },
  {
    id: 'scoreA',
    label: 'Score without reasoning',
    symbol: 'b_0',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 0.001,
    scale: 'lin',
    unit: '',
    meaning: 'Taken from the score: what the answer would score with no reasoning before it. Larger asks more of a reasoning.',
    paper: { value: 0, source: 'RLPR prob.py: 0 unless the data set gives it' },
    applies: 'credit',
    alsoReadBy: ['sampling'],
  },
  {
    id: 'shaping',
    label: 'Shaping',
    symbol: 'f',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'What becomes of the gain: negative ones cut to 0, or an S-curve that spreads the middle.',
    paper: { value: 0, source: 'RLPR prob.py' },
    options: SHAPINGS,
    applies: 'credit',
    alsoReadBy: ['sampling'],
  },
  {
    id: 'shapingSteepness',
    label: 'Steepness of the S-curve',
    symbol: 'k',
    stage: 'reward',
    default: 6,
    min: 1,
    max: 20,
    step: 0.5,
    scale: 'lin',
    unit: '',
    meaning: 'How sharply the S-curve separates gains below one half from those above.',
    paper: { value: 6, source: 'RLPR prob.py sigmoid_6' },
    applies: 'credit',
    alsoReadBy: ['sampling'],
    advanced: true,
  },
  {
    id: 'formatCoefficient',
    label: 'Share of the format',
    symbol: 'c',
    stage: 'reward',
    default: 0.1,
    min: 0,
    max: 1,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'How much of the reward is for a well-formed response rather than for the score.',
    paper: { value: 0.1, source: 'RLPR prob.py' },
    special: { value: -1, label: '−1 = malformed earns −1' },
    applies: 'credit',
    alsoReadBy: ['sampling'],
  },
];
