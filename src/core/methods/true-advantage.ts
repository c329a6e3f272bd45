import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { trueAdvantage } from '../stages/trueAdvantage.ts';
import type { Method } from '../stages/types.ts';

export const trueAdvantageMethod: Method = {
  meta: {
    id: 'true-advantage',
    title: 'Truth',
    fullName: 'Policy gradient with the true advantage',
    paper: { authors: 'Creditscope', year: 2026, arxiv: null, venue: 'this lab’s own, no paper' },
    changes:
      'Credits each token with its true advantage, which only a model this small lets us compute: the ceiling for every other method.',
    source: 'Q(s, a) − V(s) from the enumeration of the policy’s own prefix tree, ε = 0.001.',
    status: 'ours',
    family: 'truth',
  },
  knobs: baseKnobs({ aggMode: { default: 0, paper: null }, clipHigh: { default: 0.28, paper: null } }, [
    'advantage',
    'klInRewardCoef',
    'klInRewardType',
  ]),
  stages: { advantage: trueAdvantage },
  lanes: [],
  explain: [
    { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[trueValueAfter|Q(s,a)]] - [[trueValueBefore|V(s)]]' },
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'trueValues', 'trueAdvantages'],
  trains: 'policy',
  creditShape: 'token',
};
