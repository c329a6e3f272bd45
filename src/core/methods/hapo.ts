import { requireField } from '../stages/fields.ts';
import { DYNAMIC_SAMPLING_KNOB, dynamicFilter } from '../stages/dynamicFilter.ts';
import { entropyAdaptiveLoss } from '../stages/entropyAdaptiveLoss.ts';
import { ENTROPY_KNOBS } from '../stages/entropyKnobs.ts';
import { entropyStatistics } from '../stages/entropySignal.ts';
import { entropyTemperatureSampling } from '../stages/entropyTemperature.ts';
import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { tokenGroupAverage } from '../stages/tokenGroupAverage.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const lane = (
  id: string,
  label: string,
  trace: string,
  kind: Lane['kind'],
  domain: Lane['domain'],
  meaning: string,
  rest: Partial<Lane> = {},
): Lane => ({ id, label, trace, unit: 'none', kind, domain, meaning, ...rest });
const LANES: readonly Lane[] = [
  lane('h', 'Entropy signal h', 'hHat', 'diverging', [-1, 1], 'Most uncertain token of the minibatch +1, pivot 0, most certain −1.'),
  lane('redistribution', 'Redistribution', 'redistribution', 'diverging', [0, 2], 'Factor that the entropy puts on the advantage.', {
    centre: 1,
  }),
  lane('lossAdvantage', 'Advantage, redistributed', 'lossAdvantages', 'diverging', 'auto', 'The advantage that enters the loss.'),
  lane('clipLow', 'Clip width below', 'clipLow', 'sequential', 'auto', 'How far the ratio may fall before a token stops learning.'),
  lane('clipHigh', 'Clip width above', 'clipHigh', 'sequential', 'auto', 'How far the ratio may rise before a token stops learning.'),
  lane(
    'drawTemperature',
    'Temperature it would draw at',
    'wouldTemperature',
    'diverging',
    'auto',
    'Would have sampled at this temperature: from the statistics of the step before, else of this batch.',
    { centre: 1 },
  ),
];

const TLGA = { latex: 'A', trace: 'advantages' };
const ADVANTAGE_LINES: readonly FormulaLine[] = [
  {
    stage: 'advantage',
    result: TLGA,
    template: '[[totalReward|r]] - [[tokenMean|\\mu]]\\quad\\text{over the tokens of the group}',
    when: { trace: 'advantageRule', equals: 0 },
  },
  {
    stage: 'advantage',
    result: TLGA,
    template:
      '\\frac{[[totalReward|r]] - [[tokenMean|\\mu]]}{[[tokenStd|\\sigma]] + [[knob:stdEps|\\varepsilon]]}\\quad\\text{over the tokens of the group}',
    when: { trace: 'advantageRule', equals: 1 },
  },
  {
    stage: 'advantage',
    result: TLGA,
    template: '[[grpoAdvantages|A_{GRPO}]]\\quad\\text{(some }|A| \\ge 5\\text{ in the group)}',
    when: { trace: 'advantageRule', equals: 2 },
  },
  {
    stage: 'loss',
    result: { latex: "A'", trace: 'lossAdvantages' },
    template: '[[advantages|A]]\\cdot[[redistribution|(1 + \\beta_A h)]]\\quad\\text{with } h = [[hHat|h]]',
  },
];

export const hapo: Method = {
  meta: {
    id: 'hapo',
    title: 'HAPO',
    fullName: 'Heterogeneous Adaptive Policy Optimization',
    paper: {
      authors: 'Liu et al.',
      title: "From Uniform to Heterogeneous: Tailoring Policy Optimization to Every Token's Nature",
      year: 2025,
      arxiv: '2509.16591',
    },
    changes: 'One signal, the token’s entropy against the batch, sets its temperature, its advantage and its clip bounds.',
    source: 'HAPO eq. 5–13; starriver030515/HAPO@7671dde core_algos.py:86, :131, :147, :727; vllm sampler.py:106',
    status: 'authors-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: 'HAPO eq. 9' } },
      clipHigh: { default: 0.2, paper: { value: 0.28, source: 'HAPO settings; released recipes 0.2' } },
      clipC: { default: 10, paper: { value: 10, source: 'HAPO@7671dde recipes (yaml 3)' } },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { default: 0, paper: { value: 0, source: 'HAPO settings' } },
      klCoef: { paper: { value: 0, source: 'HAPO settings' } },
    }),
    DYNAMIC_SAMPLING_KNOB,
    ...ENTROPY_KNOBS,
  ],
  stages: {
    sampling: { ...entropyTemperatureSampling, keepGroups: dynamicFilter },
    advantage: tokenGroupAverage,
    loss: entropyAdaptiveLoss,
  },
  lanes: LANES,
  explain: [...ADVANTAGE_LINES, ...surrogateLines({ trace: 'lossAdvantages', latex: "A'" }), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'entropies'],
  trains: 'policy',
  creditShape: 'token',
  nextState: ({ batch, knobs }) => {
    const { median, std, scalePos, scaleNeg } = entropyStatistics(requireField(batch, 'oldEntropies'), knobs.entropyPivot);
    return { median, std, scalePos, scaleNeg };
  },
};
