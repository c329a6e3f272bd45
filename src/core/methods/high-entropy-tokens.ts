import { DYNAMIC_SAMPLING_KNOB, dynamicFilter } from '../stages/dynamicFilter.ts';
import { CREDIT_LINES, GROUP_ADVANTAGE_LINES, surrogateLines } from '../stages/formulas.ts';
import { ENTROPY_SHARE_KNOB, highEntropyLoss } from '../stages/highEntropyMask.ts';
import { baseKnobs } from '../stages/knobs.ts';
import { OVERLONG_KNOBS, overlongShaping } from '../stages/overlongShaping.ts';
import { temperatureSampling } from '../stages/temperatureSampling.ts';
import { maskedLine } from '../stages/tokenMask.ts';
import type { Method } from '../stages/types.ts';

export const highEntropyTokens: Method = {
  meta: {
    id: 'high-entropy-tokens',
    title: '80/20',
    fullName: 'Policy gradient on high-entropy tokens (Beyond the 80/20 Rule)',
    paper: {
      authors: 'Wang et al.',
      title: 'Beyond the 80/20 Rule: High-Entropy Minority Tokens Drive Effective Reinforcement Learning for LLM Reasoning',
      year: 2025,
      arxiv: '2506.01939',
    },
    changes: 'Trains on the fifth of the tokens where the model is least certain and leaves the others out; the rest is DAPO.',
    source: '80/20 paper §5; huggingface/trl@f2cd577 grpo_trainer.py:1396 get_high_entropy_mask, :3022, :3112',
    status: 'library-code',
    family: 'entropy',
  },
  knobs: [
    ...baseKnobs({
      clipHigh: { default: 0.28, paper: { value: 0.28, source: 'DAPO §4.1' } },
      logRatioClamp: { default: Infinity, paper: null },
      aggMode: { default: 0, paper: { value: 0, source: 'DAPO eq. 12' } },
      klCoef: { paper: { value: 0, source: 'DAPO §2.3' } },
    }),
    DYNAMIC_SAMPLING_KNOB,
    ...OVERLONG_KNOBS,
    ENTROPY_SHARE_KNOB,
  ],
  stages: { sampling: { ...temperatureSampling, keepGroups: dynamicFilter }, reward: overlongShaping, loss: highEntropyLoss },
  lanes: [
    {
      id: 'entropyMask',
      label: 'Learns',
      trace: 'entropyMask',
      unit: 'none',
      kind: 'categorical',
      domain: [0, 1],
      categories: ['left out', 'learns'],
      meaning: 'Whether the token is among the most uncertain of its minibatch, the only ones that are trained on.',
    },
    {
      id: 'entropyMargin',
      label: 'Entropy over the threshold',
      trace: 'entropyMargin',
      unit: 'nats',
      kind: 'diverging',
      domain: 'auto',
      meaning: 'Entropy of the current policy minus the threshold: tokens at 0 and above learn.',
    },
  ],
  explain: [
    ...GROUP_ADVANTAGE_LINES,
    {
      stage: 'loss',
      result: { latex: '\\tau', trace: 'entropyThreshold' },
      template: 'Q_{1-\\rho}(H)\\quad\\text{over all tokens of the minibatch, }\\rho = [[knob:entropyShare|\\rho]]',
    },
    maskedLine('[[entropies|H]] < [[entropyThreshold|\\tau]]'),
    ...surrogateLines(),
    ...CREDIT_LINES,
  ],
  needs: ['oldLogprobs', 'entropies'],
  trains: 'policy',
  creditShape: 'token',
};
