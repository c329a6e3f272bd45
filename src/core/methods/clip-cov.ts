import { COVARIANCE_LANE, COVARIANCE_LINE } from '../stages/covariance.ts';
import { CLIP_COV_KNOBS, covarianceClip } from '../stages/covarianceClip.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { maskedLine } from '../stages/tokenMask.ts';
import type { Method } from '../stages/types.ts';

const SCRIPT = 'Entropy-Mechanism-of-RL scripts; practically off';

export const clipCov: Method = {
  meta: {
    id: 'clip-cov',
    title: 'Clip-Cov',
    fullName: 'Clip-Cov (The Entropy Mechanism of Reinforcement Learning)',
    paper: {
      authors: 'Cui et al.',
      title: 'The Entropy Mechanism of Reinforcement Learning for Reasoning Language Models',
      year: 2025,
      arxiv: '2505.22617',
    },
    changes: 'Leaves out a few tokens, drawn at random among those whose push would lower the entropy most.',
    source:
      'Entropy Mechanism §4.2; verl-project/verl@1dda039 core_algos.py:1743, as PRIME-RL/Entropy-Mechanism-of-RL@8850579 core_algos.py',
    status: 'authors-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      clipLow: { default: 1, paper: { value: 1, source: SCRIPT } },
      clipHigh: { default: 1, paper: { value: 1, source: SCRIPT } },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { default: 0, paper: { value: 0, source: 'Entropy-Mechanism-of-RL scripts' } },
      klCoef: { paper: { value: 0, source: 'Entropy-Mechanism-of-RL scripts' } },
    }),
    ...CLIP_COV_KNOBS,
  ],
  stages: { loss: covarianceClip },
  lanes: [
    COVARIANCE_LANE,
    {
      id: 'covChoice',
      label: 'Drawn',
      trace: 'covChoice',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 2],
      categories: ['learns', 'eligible', 'drawn: left out'],
      meaning: 'Whether the token’s covariance is between the bounds, and whether it was drawn to be left out.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    COVARIANCE_LINE,
    maskedLine('\\text{drawn, }[[knob:covLow|\\omega_{low}]] < [[covariance|\\mathrm{cov}]] < [[knob:covHigh|\\omega_{high}]]'),
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'uniforms'],
  trains: 'policy',
  creditShape: 'token',
};
