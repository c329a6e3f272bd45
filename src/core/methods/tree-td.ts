import { CREDIT_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { treeTd } from '../stages/treeTd.ts';
import type { Method } from '../stages/types.ts';

export const treeTdMethod: Method = {
  meta: {
    id: 'tree-td',
    title: 'Tree TD',
    fullName: 'Change of the prefix value alone',
    paper: { authors: 'Creditscope', year: 2026, arxiv: null, venue: 'this lab’s own, no paper' },
    changes: 'Credits each token with the change of the prefix value alone, without the comparison of whole samples beside it.',
    source: 'The TD term of TEMPO’s advantage by itself: V(s_{t+1}) − V(s_t) on the samples’ own tree.',
    status: 'ours',
    family: 'truth',
  },
  knobs: baseKnobs({ aggMode: { default: 0, paper: null }, clipHigh: { default: 0.28, paper: null } }, ['advantage']),
  stages: { advantage: treeTd },
  lanes: [],
  explain: [
    { stage: 'advantage', result: { latex: 'A', trace: 'advantages' }, template: '[[valueAfter|V(s_{t+1})]] - [[valueBefore|V(s_t)]]' },
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
