/** Knobs and formula lines that the likelihood methods share. */
import { CLIP_STATE } from '../pipeline.types.ts';
import { AGGREGATION_MODES } from './lossKnobs.ts';
import type { KnobChange } from './knobs.ts';
import { LIKELIHOOD_KINDS } from './likelihood.ts';
import type { FormulaLine } from './types.ts';

/** Leave-one-out without a division, the sum over tokens, the mean over responses. */
export const ANSWER_KNOBS: Readonly<Record<string, KnobChange>> = {
  normByStd: { default: 0, paper: { value: 0, source: 'arXiv 2602.03979 §3' } },
  singletonZero: { default: 1, paper: null },
  aggMode: {
    default: AGGREGATION_MODES.indexOf('seq-mean-token-sum'),
    paper: { value: AGGREGATION_MODES.indexOf('seq-mean-token-sum'), source: 'arXiv 2602.03979 Lemma 1; VeriFree verifree.py' },
  },
};

const REWARD = { latex: 'R', trace: 'totalReward' };
const TERMS: Readonly<Record<(typeof LIKELIHOOD_KINDS)[number], string>> = {
  baseRL: '[[totalReward|R]]\\quad\\text{(the verifier’s)}',
  prob: '\\exp([[answerSum|\\textstyle\\sum_t l_t]])',
  avgProb: '\\tfrac1{[[answerLength|n]]}\\textstyle\\sum_t \\exp(l_t)',
  logprob: '\\textstyle\\sum_t l_t = [[answerSum|s]]',
  avgLogprob: '[[answerSum|s]] \\,/\\, [[answerLength|n]]',
  jepo: '\\log\\tfrac1G\\textstyle\\sum_j \\exp(s_j) = [[logprobMcN|R]]',
};

/** The reward, a line for each kind. */
export const kindLines = (): FormulaLine[] =>
  LIKELIHOOD_KINDS.map((kind, equals) => ({
    stage: 'reward',
    result: REWARD,
    template: TERMS[kind],
    when: { trace: 'knob:likelihoodKind', equals },
  }));

/** Advantage, slope on the reasoning, pull on the answer. */
export const REASONING_LINES: readonly FormulaLine[] = [
  {
    stage: 'advantage',
    result: { latex: 'A', trace: 'advantages' },
    template: '[[totalReward|R]] - [[baseline|b_{others}]]',
    when: { trace: 'knob:normByStd', equals: 0 },
  },
  {
    stage: 'loss',
    result: { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' },
    template: '-[[lossAdvantages|A]]',
    when: { trace: 'clipState', equals: CLIP_STATE.none },
  },
  {
    stage: 'loss',
    result: { latex: '\\frac{\\partial M}{\\partial \\log\\pi}', trace: 'lossSlope' },
    template: '0\\quad\\text{(sampled after the reasoning: the reference answer is learnt in its place)}',
    when: { trace: 'clipState', equals: CLIP_STATE.masked },
  },
  {
    stage: 'loss',
    result: { latex: '\\text{pull on } a^*_t', trace: 'answerCredit' },
    template: '-[[tokenCount|N]]\\cdot[[answerGradWeight|\\tfrac{\\partial L}{\\partial l_t}]]\\quad\\text{at }[[answerLogprob|l_t]]',
  },
];
