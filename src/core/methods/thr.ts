import { CREDIT_LINES, GRPO_STEP_LINES, advantageLine as line, surrogateLines } from '../stages/formulas.ts';
import { GRADIENT_PRODUCTS } from '../stages/gradientNames.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { HIDDEN_FORM, HIDDEN_REWARD_KNOBS, tokenHiddenReward } from '../stages/tokenHiddenReward.ts';
import type { FormulaLine, Lane, Method } from '../stages/types.ts';

const lane = (trace: string, label: string, kind: Lane['kind'], meaning: string, rest: Partial<Lane> = {}): Lane => ({
  id: trace,
  label,
  trace,
  unit: 'none',
  kind,
  domain: 'auto',
  meaning,
  ...rest,
});
const perStep = { unit: 'nats per unit step' };
const LANES: readonly Lane[] = [
  lane(
    'hiddenReward',
    'Hidden reward',
    'diverging',
    'What the token’s own update, up in a right answer and down in a wrong one, does to the likelihood of the right answers (THR).',
    perStep,
  ),
  lane('hiddenKept', 'Kept by THR', 'categorical', 'Whether the hidden reward is above the threshold of its group.', {
    domain: [0, 1],
    categories: ['dropped', 'kept'],
  }),
  lane('hiddenWeight', 'Weight of THR', 'diverging', 'Factor on the advantage: 0 where dropped, else 1 + p or 1 − p.', { centre: 1 }),
  lane(
    'summedInfluence',
    'Influence (NTHR)',
    'diverging',
    'What a step up on the token does to the summed likelihood of all tokens of the right answers.',
    perStep,
  ),
  lane('suppressed', 'Weakened by NTHR', 'categorical', 'Tokens of wrong answers whose push down would pull right answers down too.', {
    domain: [0, 1],
    categories: ['as it is', 'weakened'],
  }),
  lane(
    'wholeHiddenReward',
    'Hidden reward, all parameters',
    'diverging',
    'The same effect with every parameter moving, measured by one backward pass per token: what the cheap form leaves out.',
    perStep,
  ),
];

const atForm = (equals: number) => ({ trace: 'knob:hiddenForm', equals });
const isTilt = atForm(HIDDEN_FORM.tilt);
const isSuppress = atForm(HIDDEN_FORM.suppress);
const GRPO = '[[grpoAdvantages|A_{GRPO}]]';
const ADVANTAGE_LINES: readonly FormulaLine[] = [
  ...GRPO_STEP_LINES,
  line('\\mathrm{THR}', 'hiddenReward', '(2\\,[[isRight|r_{0/1}]] - 1)\\cdot[[influence|I]]', isTilt),
  line(
    'I_{most}',
    'sharedMost',
    "[[sharedMost|\\langle g,g'\\rangle\\langle h,h'\\rangle]]\\quad\\text{(most is shared with another right answer’s token: response }[[sharedSample|i]]\\text{, token }[[sharedPosition|t]]\\text{)}",
  ),
  line(
    'w',
    'hiddenWeight',
    '\\mathbf 1\\big[|[[hiddenReward|\\mathrm{THR}]]| > [[hiddenThreshold|\\tau]]\\big]\\,(1 + \\mathrm{sign}\\cdot[[knob:hiddenTilt|p]])',
    isTilt,
  ),
  line('A', 'advantages', `[[hiddenWeight|w]]\\cdot${GRPO}`, isTilt),
  line(
    's',
    'summedInfluence',
    "\\sum_{i\\,\\text{right}}\\sum_t \\langle g,g'\\rangle\\langle h,h'\\rangle\\quad\\text{(weakened in a wrong answer above }[[summedThreshold|\\tau]]\\text{: }[[suppressed|0/1]]\\text{)}",
    isSuppress,
  ),
  line('\\eta', 'suppression', '2\\,\\big|\\tfrac12 - [[shareRight|q]]\\big|', isSuppress),
  line('A', 'advantages', `${GRPO}\\cdot\\big([[suppressed|0/1]]\\;?\\;[[suppression|\\eta]] : 1\\big)`, isSuppress),
];

export const thr: Method = {
  meta: {
    id: 'thr',
    title: 'THR',
    fullName: 'Token Hidden Reward, with its parent Negative Token Hidden Reward (NTHR)',
    paper: {
      authors: 'Deng et al.',
      title: 'Token Hidden Reward: Steering Exploration-Exploitation in Group Relative Deep Reinforcement Learning',
      year: 2025,
      arxiv: '2510.03669',
      venue: 'ICLR 2026',
    },
    changes: 'Keeps the few tokens whose update moves the likelihood of the right answers most, and tilts them by its sign.',
    source: 'THR as quoted in Paper-Notes-en@a87e118; NTHR arXiv 2505.18830 theorem 4.4, algorithm 1; the authors released no code',
    status: 'reconstruction',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      normByStd: { options: ['no', 'per group'], max: 1 },
      clipHigh: { paper: { value: 0.2, source: 'THR main runs' } },
      klCoef: { paper: { value: 1e-4, source: 'THR main runs' } },
    }),
    ...HIDDEN_REWARD_KNOBS,
  ],
  stages: { advantage: tokenHiddenReward },
  lanes: LANES,
  explain: [...ADVANTAGE_LINES, ...surrogateLines(), ...CREDIT_LINES],
  needs: ['oldLogprobs', 'logits', 'hidden'],
  needWords: { [`measured:${GRADIENT_PRODUCTS}`]: 'the gradient of every token by all parameters' },
  trains: 'policy',
  creditShape: 'token',
};
