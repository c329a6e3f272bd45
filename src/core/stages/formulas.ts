/** Formula lines of the base stages, for the inspector; methods put their own advantage line before them. */
import { CLIP_STATE } from '../pipeline.types.ts';
import { AGGREGATION_MODES } from './lossKnobs.ts';
import { RATIO_LEVEL } from './sequenceSurrogate.ts';
import type { FormulaLine } from './types.ts';

/** A line of the advantage stage. */
export const advantageLine = (latex: string, trace: string, template: string, when?: FormulaLine['when']): FormulaLine => ({
  stage: 'advantage',
  result: { latex, trace },
  template,
  ...(when ? { when } : {}),
});

const overStd = (sigma: string) =>
  `\\frac{[[totalReward|r]] - [[groupMean|\\bar r]]}{[[groupStd|${sigma}]] + [[knob:stdEps|\\varepsilon]]}`;
const atNorm = (equals: number) => ({ trace: 'knob:normByStd', equals });

/** GRPO's advantage as the step before a method's own, divided by the group's std or not. */
export const GRPO_STEP_LINES: readonly FormulaLine[] = [
  advantageLine('A_{GRPO}', 'grpoAdvantages', overStd('\\sigma'), atNorm(1)),
  advantageLine('A_{GRPO}', 'grpoAdvantages', '[[totalReward|r]] - [[groupMean|\\bar r]]', atNorm(0)),
];

/** GRPO's advantage, for all settings of the division. */
export const GROUP_ADVANTAGE_LINES: readonly FormulaLine[] = [
  advantageLine('A', 'advantages', overStd('\\sigma'), atNorm(1)),
  advantageLine('A', 'advantages', overStd('\\sigma_{batch}'), atNorm(2)),
  advantageLine('A', 'advantages', '[[totalReward|r]] - [[groupMean|\\bar r]]', atNorm(0)),
];

/** What `whiten` does to a return G; the line for "no" is the method's own. */
export const WHITENING_LINES: readonly FormulaLine[] = [
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '[[unwhitened|G]] - [[whitenMean|\\bar G]]',
    when: { trace: 'knob:whiten', equals: 1 },
  },
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '\\frac{[[unwhitened|G]] - [[whitenMean|\\bar G]]}{[[whitenScale|\\sigma_G]]}',
    when: { trace: 'knob:whiten', equals: 2 },
  },
];

/** The ratio of a token. */
export const RATIO_LINE: FormulaLine = {
  stage: 'loss',
  result: { latex: '\\rho', trace: 'ratio' },
  template: '\\exp\\left([[logprobs|\\log\\pi]] - [[oldLogprobs|\\log\\pi_{old}]]\\right)',
};

/** Ratio and clip; `advantage` is the advantage that enters the loss, `reach` a factor on the slope. */
export function surrogateLines(advantage = { trace: 'lossAdvantages', latex: 'A' }, reach = ''): FormulaLine[] {
  const a = `[[${advantage.trace}|${advantage.latex}]]`;
  const slope = { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' };
  const branches: FormulaLine = {
    stage: 'loss',
    result: { latex: 'M', trace: 'tokenLoss' },
    template: `\\max\\left(-${a}\\,[[ratio|\\rho]],\\; -${a}\\,\\mathrm{clip}([[ratio|\\rho]], [[lowerBound|1-\\epsilon_{low}]], [[upperBound|1+\\epsilon_{high}]])\\right)`,
  };
  return [
    RATIO_LINE,
    { ...branches, when: { trace: 'clipState', equals: CLIP_STATE.none } },
    { ...branches, when: { trace: 'clipState', equals: CLIP_STATE.clipped } },
    {
      stage: 'loss',
      result: { latex: 'M', trace: 'tokenLoss' },
      template: `-${a}\\cdot[[knob:clipC|c]]`,
      when: { trace: 'clipState', equals: CLIP_STATE.dualClipped },
    },
    {
      stage: 'loss',
      result: slope,
      template: `-${a}\\,[[ratio|\\rho]]${reach}\\quad\\text{(the unclipped branch counts)}`,
      when: { trace: 'clipState', equals: CLIP_STATE.none },
    },
    {
      stage: 'loss',
      result: slope,
      template: '0\\quad\\text{(the clipped branch counts: the ratio has left its bounds)}',
      when: { trace: 'clipState', equals: CLIP_STATE.clipped },
    },
    {
      stage: 'loss',
      result: slope,
      template: '0\\quad\\text{(dual clip: the ratio is above }[[knob:clipC|c]]\\text{)}',
      when: { trace: 'clipState', equals: CLIP_STATE.dualClipped },
    },
  ];
}

/** Ratio and clip where the ratio may be the whole response's (`ratioLevel`). */
export function sequenceLines(): FormulaLine[] {
  const [perToken, ...rest] = surrogateLines(undefined, '\\cdot[[ratioReach|n]]');
  const capped = (mean: string) =>
    `\\exp\\left(\\min\\left([[seqLogRatio|${mean}\\sum_k \\log\\tfrac{\\pi_k}{\\pi_{old,k}}]],\\; [[knob:seqLogRatioMax|x_{max}]]\\right)\\right)`;
  return [
    { ...perToken, when: { trace: 'knob:ratioLevel', equals: RATIO_LEVEL.token } },
    { ...perToken, template: capped(''), when: { trace: 'knob:ratioLevel', equals: RATIO_LEVEL.sum } },
    { ...perToken, template: capped('\\tfrac1T'), when: { trace: 'knob:ratioLevel', equals: RATIO_LEVEL.mean } },
    ...rest,
  ];
}

/** The weight of a token in the sum-norm aggregation: the same for long and short responses. */
export const SUM_NORM_LINE: FormulaLine = {
  stage: 'loss',
  result: { latex: 'w', trace: 'weight' },
  template: '\\frac{1}{[[responseCount|B]]\\cdot[[lossScale|L]]}',
  when: { trace: 'knob:aggMode', equals: AGGREGATION_MODES.indexOf('seq-mean-token-sum-norm') },
};

/** The credit of the update: −N ∂L/∂log π, with the KL term where it is on. */
export const CREDIT_LINES: readonly FormulaLine[] = [
  {
    stage: 'regulariser',
    result: { latex: '\\mathrm{credit}', trace: 'credit' },
    template:
      '-[[tokenCount|N]]\\left([[weight|w]]\\cdot[[lossSlope|\\tfrac{\\partial M}{\\partial \\log\\pi}]] + [[klWeight|w_{kl}]]\\cdot[[knob:klCoef|\\beta]]\\cdot[[klSlope|\\tfrac{\\partial \\mathrm{kl}}{\\partial \\log\\pi}]]\\right)',
    when: { trace: 'hasPenalty', equals: 1 },
  },
  {
    stage: 'regulariser',
    result: { latex: '\\mathrm{credit}', trace: 'credit' },
    template: '-[[tokenCount|N]]\\cdot[[weight|w]]\\cdot[[lossSlope|\\tfrac{\\partial M}{\\partial \\log\\pi}]]',
    when: { trace: 'hasPenalty', equals: 0 },
  },
];
