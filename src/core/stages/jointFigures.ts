import type { FigureInput, TokenFigure } from '../figures.ts';
import { digits } from '../figures.ts';
import type { JointGrid } from '../jointGrid.ts';
import { cellAt, lengthMiddles } from '../jointGrid.ts';
import { JOINT_HEAD, jointAt } from './jointHead.ts';
import { MOST_SAMPLES, samplingUtility } from './samplingUtility.ts';
import type { Knob } from './types.ts';

export const UTILITY_KNOBS: readonly Knob[] = [
  {
    id: 'utilityAlpha',
    label: 'Compute against latency',
    symbol: '\\alpha',
    stage: 'sampling',
    default: 0.1,
    min: 0,
    max: 1,
    step: 0.05,
    scale: 'lin',
    unit: '',
    meaning: 'At 1 every token of every sample costs, at 0 only those of the longest; read by the table of samples alone.',
    paper: { value: 0.1, source: 'ZIP-RC: 0.1 for latency, 1 for compute' },
    applies: 'credit',
    advanced: true,
  },
  {
    id: 'utilityCost',
    label: 'Cost of going on',
    symbol: 'c',
    stage: 'sampling',
    default: 0.01,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'lin',
    unit: 'reward per length',
    meaning: 'What a longest answer of tokens costs in reward; larger goes on with fewer samples.',
    paper: { value: 0.01, source: 'ZIP-RC, an example' },
    applies: 'credit',
    advanced: true,
  },
];

/** "0–1", "2–3": the tokens of a length bin. */
const binLabels = ({ lengthEdges }: JointGrid): string[] =>
  lengthEdges.slice(1).map((high, l) => (high - lengthEdges[l] === 1 ? `${lengthEdges[l]}` : `${lengthEdges[l]}–${high - 1}`));

/** Which of the group's samples would go on from the position of the pinned token. */
function adaptiveBestOfN(grid: JointGrid, { batch, knobs, token, response }: FigureInput): TokenFigure {
  const group = batch.groups[batch.responses[response].group];
  const position = token - batch.responses[response].start;
  const running = Array.from({ length: group.end - group.start }, (_, k) => group.start + k).filter(
    (i) => batch.responses[i].end - batch.responses[i].start > position,
  );
  const shown = running.slice(0, MOST_SAMPLES);
  const L = grid.lengthEdges.length - 1;
  const read = shown.map((i) => jointAt(grid, batch, batch.responses[i].start + position));
  const joints = read.map(({ joint }) => grid.rewardValues.map((_, b) => Array.from(joint.subarray(b * L, (b + 1) * L))));
  const { subsets, best } = samplingUtility(joints, {
    rewardValues: grid.rewardValues,
    lengthValues: lengthMiddles(grid),
    alpha: knobs.utilityAlpha,
    costWeight: knobs.utilityCost,
    lengthNorm: batch.maxTokens ?? grid.lengthEdges[L],
  });
  const all = subsets[subsets.length - 1];
  return {
    kind: 'table',
    title: 'Adaptive best-of-N from here',
    caption: `Of the ${shown.length} samples that still run before token ${position + 1} it would go on with ${best.subset.length}: utility ${digits(best.utility, 3)}, all of them ${digits(all.utility, 3)}. A reconstruction: the paper’s utility has no released code.`,
    head: ['sample', 'expected reward', 'expected tokens', 'goes on'],
    rows: shown.map((i, k) => ({
      cells: [
        `${i - group.start + 1}`,
        digits(read[k].expectedReward),
        digits(read[k].expectedRemaining, 1),
        best.subset.includes(k) ? 'yes' : 'no',
      ],
      isMarked: i === response,
    })),
  };
}

/** The grid at the state before the pinned token with the cell that came true, and the samples that would go on. */
export function jointFigures(grid: JointGrid, input: FigureInput): readonly TokenFigure[] {
  const { batch, token, response } = input;
  if (!batch.measured?.[JOINT_HEAD]) return [];
  const read = jointAt(grid, batch, token);
  const { reward, end } = batch.responses[response];
  return [
    {
      kind: 'grid',
      title: 'Reward and remaining length, expected here',
      caption: `Before this token: reward ${digits(read.expectedReward)}, ${digits(read.expectedRemaining, 1)} more tokens after it. The ring is what came.`,
      rowTitle: 'reward',
      rows: grid.rewardValues.map((value) => `${value}`),
      columnTitle: 'tokens after this one',
      columns: binLabels(grid),
      values: Array.from(read.joint),
      quantity: 'probability',
      marked: cellAt(grid, reward, end - 1 - token),
    },
    adaptiveBestOfN(grid, input),
  ];
}
