import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { sharedPrefixKl, sharedPrefixLoss } from '../stages/sharedPrefixScale.ts';
import type { Method } from '../stages/types.ts';

const CODE = 'grpo-prm@6bc58b1 trainer.py';

export const lambdaGrpo: Method = {
  meta: {
    id: 'lambda-grpo',
    title: 'λ-GRPO',
    fullName: 'GRPO with its hidden process rewards balanced',
    paper: { authors: 'Sullivan, Koller', title: 'GRPO is Secretly a Process Reward Model', year: 2025, arxiv: '2509.21154' },
    changes: 'Divides each token’s loss by the number of samples that share the text up to it, so that no step counts many times.',
    source:
      'λ-GRPO (GRPO is Secretly a Process Reward Model); coli-saar/grpo-prm@6bc58b1 utils.py InfPRMTree.loss_scales, trainer.py _step',
    status: 'authors-code',
    family: 'tree',
  },
  knobs: baseKnobs({
    temperature: { paper: { value: 0.75, source: CODE } },
    normByStd: { options: ['no', 'per group'], max: 1, paper: { value: 1, source: CODE } },
    stdEps: { default: 1e-4, paper: { value: 1e-4, source: CODE } },
    singletonZero: { default: 1, paper: null },
    clipLow: { paper: { value: 0.2, source: CODE } },
    clipHigh: { paper: { value: 0.2, source: CODE } },
    logRatioClamp: { default: Infinity, paper: null },
    aggMode: { paper: { value: 3, source: `${CODE} loss_type grpo` } },
    klCoef: { paper: { value: 0.04, source: CODE } },
    k3LogClamp: { default: Infinity, paper: null },
    k3ValueClamp: { default: Infinity, paper: null },
  }),
  stages: { loss: sharedPrefixLoss, regulariser: sharedPrefixKl },
  lanes: [
    {
      id: 'prefixScale',
      label: 'Scale of the loss',
      trace: 'prefixScale',
      unit: 'none',
      kind: 'sequential',
      domain: [0, 1],
      meaning: 'Share of GRPO’s loss that this token keeps; 1 where no other sample has the same text so far.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    ...surrogateLines(),
    { stage: 'loss', result: { latex: 'w', trace: 'weight' }, template: '\\frac{[[plainWeight|w_{i,t}]]}{[[sharedBy|n_{i,t}]]}' },
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
