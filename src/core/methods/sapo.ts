import { perSequenceMean } from '../stages/aggregation.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, RATIO_LINE } from '../stages/formulas.ts';
import { baseKnobs, FIXED_AGGREGATION } from '../stages/knobs.ts';
import { GATE_KNOBS, softGateLoss } from '../stages/softGate.ts';
import type { Method } from '../stages/types.ts';

export const sapo: Method = {
  meta: {
    id: 'sapo',
    title: 'SAPO',
    fullName: 'Soft Adaptive Policy Optimization',
    paper: { authors: 'Gao et al.', title: 'Soft Adaptive Policy Optimization', year: 2025, arxiv: '2511.20347' },
    changes: 'Replaces the clip by a smooth gate: the further the ratio is from 1, the less the token learns, and never nothing.',
    source: 'SAPO eq. 5–6; verl-project/verl@1dda039 core_algos.py:1622; huggingface/trl@f2cd577 grpo_trainer.py (loss_type=sapo)',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [...baseKnobs({ klCoef: { paper: null }, ...FIXED_AGGREGATION }, ['clipLow', 'clipHigh', 'clipC', 'delta']), ...GATE_KNOBS],
  stages: { loss: perSequenceMean(softGateLoss) },
  lanes: [
    {
      id: 'gate',
      label: 'Gate',
      trace: 'gate',
      unit: 'none',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'How open the gate is: 1 where the ratio is 1, towards 0 far from it.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    RATIO_LINE,
    {
      stage: 'loss',
      result: { latex: 's', trace: 'openness' },
      template: '\\sigma\\left([[tau|\\tau]]\\,([[ratio|\\rho]] - 1)\\right)',
    },
    {
      stage: 'loss',
      result: { latex: 'M', trace: 'tokenLoss' },
      template: '-[[lossAdvantages|A]]\\cdot\\tfrac{4}{[[tau|\\tau]]}\\,[[openness|s]]',
    },
    {
      stage: 'loss',
      result: { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' },
      template: '-[[lossAdvantages|A]]\\,[[ratio|\\rho]]\\cdot[[gate|4s(1-s)]]',
    },
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
