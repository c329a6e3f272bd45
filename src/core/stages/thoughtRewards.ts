import type { RolloutBatch, RolloutResponse } from '../batch.ts';
import { STREAM, uniformAt } from '../random.ts';
import { perGroup, perResponse, perToken } from '../trace.ts';
import type { GroupScores } from './groupNormalisation.ts';
import { groupScores } from './groupNormalisation.ts';
import { BASE_KNOBS } from './knobs.ts';
import type { Knob, KnobValues, RewardStage } from './types.ts';

/** Values of the trace `stepLabel`: the label of the token's step, in a right and in a wrong response. */
export const STEP_LABEL = { rightWrong: 0, rightRight: 1, wrongUnused: 2, wrongAdopted: 3 } as const;

/** A response cut into thoughts: runs of steps with the same label. The last one runs to the end of the response. */
export interface Thoughts {
  /** Exclusive token ends, in positions of the response. */
  ends: readonly number[];
  /** 1: a right step, or in a wrong response one that its answer adopts; 0: the other. */
  labels: readonly number[];
  /** Of each thought; the last has none, it carries the outcome alone. */
  rewards: readonly number[];
}

interface Step {
  end: number;
  label: number;
  isFlipped: boolean;
}

/**
 * The steps with their labels. Right response: is the step right? Wrong response: does its answer adopt the step? The last
 * step is the answer, with label 1. A noisy judge gets the others wrong with probability `labelNoise`.
 */
function stepsOf(batch: RolloutBatch, i: number, noise: number): Step[] {
  const { start, end, reward, spans } = batch.responses[i];
  const { seed, step: place } = batch.draw ?? { seed: 0, step: 0 };
  const given = spans?.filter(({ kind }) => kind === 'step') ?? [];
  const steps = given.slice(0, -1).map((span, k): Step => {
    const label = (reward > 0 ? span.correct : (span.adopted ?? true)) ? 1 : 0;
    const isFlipped = uniformAt(seed, STREAM.labels, place, i, k) < noise;
    return { end: span.end, label: isFlipped ? 1 - label : label, isFlipped };
  });
  return [...steps, { end: end - start, label: 1, isFlipped: false }];
}

/** Everything that the process reward is made of. */
export interface ThoughtScores {
  /** [responses] R as ±1, and its normalisation within the group. */
  signs: Float64Array;
  outcome: GroupScores;
  /** [groups] share of right responses, and the reward of a thought of a right one. */
  accuracy: Float64Array;
  bonus: Float64Array;
  /** Per response. */
  steps: readonly (readonly Step[])[];
  thoughts: readonly Thoughts[];
}

const isRight = ({ reward }: RolloutResponse) => reward > 0;

/**
 * TP-GRPO's thoughts and their rewards: ±rc in a right response (rc = α · the group's accuracy), ±ro in a wrong one, where ro
 * is the normalised outcome. Reconstruction: the answer's label, and that the last thought carries only ro, are what the
 * paper's Propositions 1 and 2 need to hold exactly.
 */
export function thoughtScores(batch: RolloutBatch, knobs: KnobValues): ThoughtScores {
  const signs = Float64Array.from(batch.responses, (response) => (isRight(response) ? 1 : -1));
  const outcome = groupScores(batch, signs, knobs);
  const accuracy = Float64Array.from(
    batch.groups,
    ({ start, end }) => batch.responses.slice(start, end).filter(isRight).length / (end - start),
  );
  const bonus = accuracy.map((share) => knobs.processAlpha * (knobs.adaptiveReward === 1 ? share : 1));
  const steps = batch.responses.map((_, i) => stepsOf(batch, i, knobs.labelNoise));
  const thoughts = batch.responses.map((response, i): Thoughts => {
    const runs = steps[i].filter((step, k, all) => knobs.mergeThoughts === 0 || all[k + 1]?.label !== step.label);
    const size = isRight(response) ? bonus[response.group] : outcome.score[i];
    const rewards = runs.map(({ label }, k) => (k === runs.length - 1 ? 0 : label === 1 ? size : 0 - size));
    return { ends: runs.map(({ end }) => end), labels: runs.map(({ label }) => label), rewards };
  });
  return { signs, outcome, accuracy, bonus, steps, thoughts };
}

/** Process rewards at the ends of the thoughts, the normalised outcome at the end of the response (TP-GRPO; see `thoughtScores`). */
export const thoughtRewards: RewardStage = ({ batch, knobs }) => {
  const n = batch.tokens.length;
  const { signs, outcome, accuracy, bonus, steps, thoughts } = thoughtScores(batch, knobs);
  const [reward, process, tokenRewards, stepLabel, labelFlipped] = Array.from({ length: 5 }, () => new Float64Array(n));
  const total = new Float64Array(batch.responses.length);
  batch.responses.forEach(({ start, end, reward: verified }, i) => {
    let from = start;
    for (const { end: stepEnd, label, isFlipped } of steps[i]) {
      stepLabel.fill(verified > 0 ? label : STEP_LABEL.wrongUnused + label, from, start + stepEnd);
      if (isFlipped) labelFlipped.fill(1, from, start + stepEnd);
      from = start + stepEnd;
    }
    thoughts[i].ends.forEach((thoughtEnd, k) => {
      process[start + thoughtEnd - 1] += thoughts[i].rewards[k];
    });
    reward[end - 1] = outcome.score[i];
    for (let t = start; t < end; t++) {
      tokenRewards[t] = process[t] + reward[t];
      total[i] += tokenRewards[t];
    }
  });
  return {
    streams: { reward, process },
    total,
    trace: {
      reward: perResponse(signs),
      totalReward: perResponse(total),
      tokenRewards: perToken(tokenRewards),
      processRewards: perToken(process),
      outcomeAdvantage: perResponse(outcome.score),
      outcomeMean: perGroup(outcome.mean),
      outcomeStd: perGroup(outcome.std),
      groupAccuracy: perGroup(accuracy),
      thoughtBonus: perGroup(bonus),
      stepLabel: perToken(stepLabel),
      labelFlipped: perToken(labelFlipped),
    },
  };
};

const NORMALISATION = new Set(['normByStd', 'stdEps', 'singletonZero']);

/** GRPO's normalisation belongs to this reward: a wrong response's thoughts are paid in it. */
export const THOUGHT_KNOBS: readonly Knob[] = [
  ...BASE_KNOBS.filter(({ id }) => NORMALISATION.has(id)).map((knob): Knob => ({ ...knob, stage: 'reward' })),
  {
    id: 'processAlpha',
    label: 'Size of the process reward',
    symbol: '\\alpha',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 2,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'A wrong thought in a right answer loses α times the group’s accuracy; at 0 right answers are treated as GRPO does.',
    paper: null,
    applies: 'credit',
  },
  {
    id: 'adaptiveReward',
    label: 'Scale with the accuracy',
    symbol: '\\alpha\\,\\mathrm{acc}_G',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Where a prompt is mostly failed, wrong thoughts of its right answers are hardly punished; without it they always lose α.',
    paper: { value: 1, source: 'TP-GRPO, ability-adaptive reward' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'mergeThoughts',
    label: 'Merge steps into thoughts',
    symbol: '\\text{thoughts}',
    stage: 'reward',
    default: 1,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'Neighbouring steps with the same label are paid once; without it every step is paid and the sums of an early token pile up.',
    paper: { value: 1, source: 'TP-GRPO, thought-level rewards' },
    options: ['no', 'yes'],
    applies: 'credit',
  },
  {
    id: 'labelNoise',
    label: 'Wrong step labels',
    symbol: 'p_{flip}',
    stage: 'reward',
    default: 0,
    min: 0,
    max: 0.5,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'Each step’s label is turned around with this probability, as by a judge that errs; at 0.5 the labels say nothing.',
    paper: null,
    applies: 'credit',
  },
];
