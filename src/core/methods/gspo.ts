import { perSequenceMean } from '../stages/aggregation.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, sequenceLines } from '../stages/formulas.ts';
import { baseKnobs, FIXED_AGGREGATION } from '../stages/knobs.ts';
import { RATIO_LEVEL, ratioKnobs, sequenceSurrogate } from '../stages/sequenceSurrogate.ts';
import type { Method } from '../stages/types.ts';

const CODE = 'GSPO §5.1, TRL paper_index';
/** The paper's bounds are a thousandth of PPO's: a mean of log-ratios moves far less than one of them. */
const NARROW = { min: 1e-4, max: 1, scale: 'log', step: 20 } as const;

export const gspo: Method = {
  meta: {
    id: 'gspo',
    title: 'GSPO',
    fullName: 'Group Sequence Policy Optimization',
    paper: { authors: 'Zheng et al.', title: 'Group Sequence Policy Optimization', year: 2025, arxiv: '2507.18071' },
    changes: 'Takes one ratio per response, the geometric mean of its tokens’ ratios, and clips the response as a whole.',
    source: 'GSPO eq. 5–7, 13–14; verl-project/verl@1dda039 core_algos.py:1546; huggingface/trl@f2cd577 grpo_trainer.py (level=sequence)',
    status: 'authors-code',
    family: 'baseline',
  },
  knobs: [
    ...baseKnobs({
      clipLow: {
        default: 3e-4,
        ...NARROW,
        meaning: 'A response with negative advantage stops learning once its ratio is below 1 − ε_low; larger allows larger steps down.',
        paper: { value: 3e-4, source: CODE },
      },
      clipHigh: {
        default: 4e-4,
        ...NARROW,
        meaning: 'A response with positive advantage stops learning once its ratio is above 1 + ε_high; larger allows larger steps up.',
        paper: { value: 4e-4, source: CODE },
      },
      klCoef: { paper: { value: 0, source: CODE } },
      ...FIXED_AGGREGATION,
    }),
    ...ratioKnobs({
      ratioLevel: { default: RATIO_LEVEL.mean, paper: { value: RATIO_LEVEL.mean, source: 'GSPO eq. 7' } },
      seqLogRatioMax: { default: 10, paper: { value: 10, source: 'verl core_algos.py:1546' } },
    }),
  ],
  stages: { loss: perSequenceMean(sequenceSurrogate) },
  lanes: [],
  explain: [...GROUP_ADVANTAGE_LINES, ...sequenceLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
