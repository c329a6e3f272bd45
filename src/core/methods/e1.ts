import { EFFORT_KNOBS, effortReward } from '../stages/effortReward.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { baseKnobs } from '../stages/knobs.ts';
import type { Method } from '../stages/types.ts';

const SHAPED = { latex: "r'", trace: 'shapedReward' };
const COMPARED = '\\text{: } [[relativeLength|\\ell/\\bar\\ell]]';

export const e1: Method = {
  meta: {
    id: 'e1',
    title: 'e1',
    fullName: 'Adaptive Effort Control',
    paper: { authors: 'Kleinman et al.', title: 'e1: Learning Adaptive Control of Reasoning Effort', year: 2025, arxiv: '2510.27042' },
    changes: 'Pays a right answer only where its thinking is at most r times as long as the average, with r asked for in the prompt.',
    source:
      'Reconstruction: only the sentence on the reward of e1 (arXiv 2510.27042) was found, no code; the rest is GRPO, huggingface/trl@f2cd577',
    status: 'reconstruction',
    family: 'length',
  },
  knobs: [...baseKnobs({ normByStd: { options: ['no', 'per group'], max: 1 } }), ...EFFORT_KNOBS],
  stages: { reward: effortReward },
  lanes: [
    {
      id: 'relativeLength',
      label: 'Relative length',
      trace: 'relativeLength',
      unit: '× average',
      kind: 'sequential',
      domain: 'auto',
      meaning: 'Thinking tokens of this answer over the average; more than the effort r earns nothing.',
    },
    {
      id: 'pastBudget',
      label: 'Past the budget',
      trace: 'pastBudget',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 1],
      categories: ['within the budget', 'past the budget'],
      meaning: 'Thinking beyond r times the average length: one such token and the answer earns nothing.',
    },
  ],
  explain: [
    {
      stage: 'reward',
      result: { latex: '\\ell/\\bar\\ell', trace: 'relativeLength' },
      template: '[[thinkingLength|\\ell]] \\,/\\, [[averageLength|\\bar\\ell]]',
    },
    {
      stage: 'reward',
      result: SHAPED,
      template: `[[verifiedReward|R]]\\quad\\text{(within the budget}${COMPARED} \\le [[effort|r]]\\text{)}`,
      when: { trace: 'withinBudget', equals: 1 },
    },
    {
      stage: 'reward',
      result: SHAPED,
      template: `0\\quad\\text{(too long}${COMPARED} > [[effort|r]]\\text{)}`,
      when: { trace: 'withinBudget', equals: 0 },
    },
    ...GROUP_ADVANTAGE_LINES,
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs'],
  trains: 'policy',
  creditShape: 'token',
};
