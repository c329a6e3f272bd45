import { CLIP_STATE } from '../pipeline.types.ts';
import { perSequenceMean } from '../stages/aggregation.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, RATIO_LINE } from '../stages/formulas.ts';
import { geometricMeanLoss, LOG_CLIP_KNOBS } from '../stages/geometricMean.ts';
import { baseKnobs, FIXED_AGGREGATION } from '../stages/knobs.ts';
import type { Method } from '../stages/types.ts';

const SLOPE = { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' };

export const gmpo: Method = {
  meta: {
    id: 'gmpo',
    title: 'GMPO',
    fullName: 'Geometric-Mean Policy Optimization',
    paper: { authors: 'Zhao et al.', title: 'Geometric-Mean Policy Optimization', year: 2025, arxiv: '2507.20673' },
    changes: 'Takes the geometric mean of a response’s ratios, but clips each token’s log-ratio first, so that one outlier counts little.',
    source: 'GMPO §3; callsys/GMPO train_zero_math_gmpo.py; verl-project/verl@1dda039 core_algos.py:1928',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({ klCoef: { paper: null }, ...FIXED_AGGREGATION }, ['clipLow', 'clipHigh', 'clipC', 'delta', 'logRatioClamp']),
    ...LOG_CLIP_KNOBS,
  ],
  stages: { loss: perSequenceMean(geometricMeanLoss) },
  lanes: [
    {
      id: 'clippedLogRatio',
      label: 'Log-ratio, clipped',
      trace: 'clippedLogRatio',
      unit: 'nats',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'What the token adds to the sum of its response.',
    },
    {
      id: 'seqRatio',
      label: 'Ratio of the response',
      trace: 'seqRatio',
      unit: 'none',
      kind: 'diverging',
      domain: 'auto',
      centre: 1,
      meaning: 'Geometric mean of the clipped ratios: how hard the response pushes for its advantage.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    RATIO_LINE,
    {
      stage: 'loss',
      result: { latex: 's', trace: 'seqRatio' },
      template: '\\exp\\left([[seqLogRatio|\\tfrac1T\\sum_k z_k]]\\right)\\quad\\text{with } z_t = [[clippedLogRatio|z_t]]',
    },
    { stage: 'loss', result: { latex: 'M', trace: 'tokenLoss' }, template: '-[[lossAdvantages|A]]\\,[[seqRatio|s]]' },
    {
      stage: 'loss',
      result: SLOPE,
      template: '-[[lossAdvantages|A]]\\,[[seqRatio|s]]',
      when: { trace: 'clipState', equals: CLIP_STATE.none },
    },
    {
      stage: 'loss',
      result: SLOPE,
      template: '0\\quad\\text{(this token’s log-ratio has left its bounds)}',
      when: { trace: 'clipState', equals: CLIP_STATE.clipped },
    },
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
