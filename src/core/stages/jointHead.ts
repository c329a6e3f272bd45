import type { Measured, RolloutBatch, TokenMatrix } from '../batch.ts';
import type { JointGrid, JointReading } from '../jointGrid.ts';
import { cellAt, cellsOf, readJoint } from '../jointGrid.ts';
import { mean } from '../stats.ts';
import { perBatch, perResponse, perToken } from '../trace.ts';
import { MissingFieldError } from './fields.ts';
import { jointCrossEntropy, teacherKl } from './jointLoss.ts';
import type { ModelLossInput, ModelLossResult, ModelSpec } from './models.ts';
import { noPolicyLoss } from './noPolicyLoss.ts';
import type { AdvantageStage, Knob, KnobValues, LossResult, LossStage } from './types.ts';

/** Names of what the engine measures for it: the grid's logits at the state before each token, and the frozen model's logits there. */
export const JOINT_HEAD = 'joint';
export const TEACHER_LOGITS = 'refLogits';

/** The lab's grid: five rewards, so that both kinds of label fit, and lengths up to the longest response of a task. */
export const LAB_GRID: JointGrid = {
  rewardValues: [0, 0.25, 0.5, 0.75, 1],
  rewardEdges: [0, 0.125, 0.375, 0.625, 0.875, 1],
  lengthEdges: [0, 1, 2, 4, 8, 16, 32],
};

/** Options of `jointLabel`, by index. */
export const JOINT_LABELS = ['correctness', 'value'] as const;

export const JOINT_KNOBS: readonly Knob[] = [
  {
    id: 'jointLabel',
    label: 'Label of a sample',
    symbol: 'y',
    stage: 'advantage',
    default: 0,
    min: 0,
    max: 1,
    step: 1,
    scale: 'lin',
    unit: '',
    meaning: 'What the grid learns to expect: the sample’s reward, or, in the second stage, the value that its own last tokens were given.',
    paper: { value: 1, source: 'ZIP-RC@63281ba: stage 1 correctness, stage 2 value' },
    options: JOINT_LABELS,
    applies: 'credit',
  },
  {
    id: 'labelTokens',
    label: 'Tokens of a value label',
    symbol: 'K',
    stage: 'advantage',
    default: 512,
    min: 1,
    max: 512,
    step: 1,
    scale: 'log',
    unit: 'tokens',
    meaning: 'The value label of a sample is the mean expected reward over so many of its last tokens.',
    paper: { value: 512, source: 'ZIP-RC@63281ba expected_values_last_k (smoke test 64)' },
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'teacherKlCoef',
    label: 'KL to the frozen model',
    symbol: '\\beta_{KL}',
    stage: 'regulariser',
    default: 10,
    min: 0,
    max: 100,
    step: 0.5,
    scale: 'lin',
    unit: 'per nat',
    meaning: 'Holds the next-token probabilities at those of the frozen model while the grid is learned; at 0 the trunk may drift.',
    paper: { value: 10, source: 'ZIP-RC@63281ba train_ziprc_joint_head.py' },
    applies: 'credit',
    requires: { field: `measured:${TEACHER_LOGITS}`, above: 0 },
  },
  {
    id: 'teacherTopK',
    label: 'Teacher’s tokens',
    symbol: 'k',
    stage: 'regulariser',
    default: 32,
    min: 1,
    max: 32,
    step: 1,
    scale: 'lin',
    unit: 'tokens',
    meaning: 'The KL counts the frozen model’s so many likeliest tokens, renormalised; more hold the tail as well.',
    paper: { value: 32, source: 'ZIP-RC@63281ba compute_loss, K = 32' },
    applies: 'credit',
    advanced: true,
  },
];

function measured(batch: RolloutBatch, name: string): Measured {
  const entry = batch.measured?.[name];
  if (!entry) throw new MissingFieldError(`measured:${name}`);
  return entry;
}

/** What the grid said at the state before a token, when the batch was drawn. */
export function jointAt(grid: JointGrid, batch: RolloutBatch, token: number): JointReading {
  return readJoint(grid, measured(batch, JOINT_HEAD).values, token * cellsOf(grid));
}

/** [responses] the label of each: its reward, or the mean expected reward over the last `labelTokens` states before its tokens. */
export function jointLabels(batch: RolloutBatch, expectedReward: Float64Array, knobs: KnobValues): Float64Array {
  return Float64Array.from(batch.responses, ({ start, end, reward }) =>
    JOINT_LABELS[knobs.jointLabel] === 'correctness'
      ? reward
      : mean(expectedReward.subarray(Math.max(start, end - knobs.labelTokens), end)),
  );
}

/** [N] the cell of each token: its response's label, and the tokens that come after it. */
export function jointCells(grid: JointGrid, batch: RolloutBatch, labels: ArrayLike<number>): Int32Array {
  const cells = new Int32Array(batch.tokens.length);
  batch.responses.forEach(({ start, end }, i) => {
    for (let t = start; t < end; t++) cells[t] = cellAt(grid, labels[i], end - 1 - t);
  });
  return cells;
}

/** What the grid said before each token, and each sample's label. No token gets an advantage: the policy is not credited. */
export const jointReadings =
  (grid: JointGrid): AdvantageStage =>
  ({ batch, knobs }) => {
    const n = batch.tokens.length;
    const [expectedReward, expectedRemaining, entropy, remaining] = Array.from({ length: 4 }, () => new Float64Array(n));
    for (const { start, end } of batch.responses) {
      for (let t = start; t < end; t++) {
        const read = jointAt(grid, batch, t);
        expectedReward[t] = read.expectedReward;
        expectedRemaining[t] = read.expectedRemaining;
        entropy[t] = read.entropy;
        remaining[t] = end - 1 - t;
      }
    }
    const labelled = batch.responses.map(({ start, end }) => mean(expectedReward.subarray(Math.max(start, end - knobs.labelTokens), end)));
    const labels = jointLabels(batch, expectedReward, knobs);
    return {
      advantages: new Float64Array(n),
      targets: Float64Array.from(jointCells(grid, batch, labels)),
      trace: {
        expectedReward: perToken(expectedReward),
        expectedRemaining: perToken(expectedRemaining),
        jointEntropy: perToken(entropy),
        remainingTokens: perToken(remaining),
        jointLabel: perResponse(labels),
        valueLabel: perResponse(Float64Array.from(labelled)),
        jointCell: perToken(Float64Array.from(jointCells(grid, batch, labels))),
        advantages: perToken(new Float64Array(n)),
      },
    };
  };

/** The auxiliary loss: the mean cross-entropy of the grid at every token [ZIP-RC@63281ba compute_loss]. */
export const jointHeadLoss =
  (grid: JointGrid) =>
  ({ batch, now, targets }: ModelLossInput): ModelLossResult => {
    if (!targets) throw new MissingFieldError('labels');
    const n = batch.tokens.length;
    const { values, gradient } = jointCrossEntropy(
      grid,
      { matrix: { width: cellsOf(grid), data: now.answers }, from: 0 },
      Int32Array.from(targets),
    );
    const loss = mean(values);
    return {
      loss,
      gradAnswers: gradient.map((g) => g / n),
      trace: { jointTokenLoss: perToken(values), jointLoss: perBatch(loss) },
    };
  };

/** The R × L extra outputs of the language model itself: they learn with it, at its rate. */
export const jointHead = (grid: JointGrid): ModelSpec => ({
  name: JOINT_HEAD,
  title: 'Joint head',
  stage: 'advantage',
  answer: { kind: 'grid', width: cellsOf(grid) },
  trunk: () => 'shared',
  init: () => 'base',
  schedule: () => 'inner',
  isOnline: () => true,
  learningRate: (_knobs, policyRate) => policyRate,
  loss: jointHeadLoss(grid),
});

/**
 * β · mean KL(frozen model's top k ‖ π) over the tokens, by the logits: it moves every token's probability and credits none. Where the
 * current policy's logits are not at hand they are those that drew the batch.
 */
export const frozenModelKl: LossStage = (input): LossResult => {
  const { batch, knobs } = input;
  const n = batch.tokens.length;
  const teacher = batch.measured?.[TEACHER_LOGITS];
  const gradLogprobs = new Float64Array(n);
  if (!teacher && knobs.teacherKlCoef === 0) {
    return { loss: 0, gradLogprobs, trace: { hasPenalty: perBatch(0) } };
  }
  if (!teacher) throw new MissingFieldError(`measured:${TEACHER_LOGITS}`);
  const student: TokenMatrix | undefined = input.logits ?? batch.logits;
  if (!student) throw new MissingFieldError('logits');
  const rows = teacherKl(
    { matrix: student, from: 0 },
    { width: teacher.width, data: teacher.values },
    knobs.teacherTopK,
    batch.baseTemperature,
  );
  const kl = mean(rows.values);
  return {
    gradLogprobs,
    loss: knobs.teacherKlCoef * kl,
    gradLogits: rows.gradient.map((g) => (knobs.teacherKlCoef * g) / n),
    trace: { hasPenalty: perBatch(1), teacherKl: perToken(rows.values), klLoss: perBatch(kl) },
  };
};

export const zipRcStages = (grid: JointGrid) => ({ advantage: jointReadings(grid), loss: noPolicyLoss, regulariser: frozenModelKl });
