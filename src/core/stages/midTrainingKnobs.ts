/** Knobs of RMT. Thresholds, tier probabilities and the weight of the length are not in what was found of the paper: ours. */
import type { Knob } from './types.ts';

const knob = (
  id: string,
  label: string,
  symbol: string,
  [value, min, max, step]: readonly [number, number, number, number],
  meaning: string,
  paper: Knob['paper'],
  rest: Partial<Knob> = {},
): Knob => ({
  id,
  label,
  symbol,
  stage: 'reward',
  default: value,
  min,
  max,
  step,
  scale: 'lin',
  unit: '',
  meaning,
  paper,
  applies: 'credit',
  ...rest,
});

const share = (id: string, label: string, symbol: string, value: number, meaning: string, rest: Partial<Knob> = {}) =>
  knob(id, label, symbol, [value, 0, 1, 0.05], meaning, null, { stage: 'sampling', applies: 'sampling', alsoReadBy: ['reward'], ...rest });

const BUDGET = { alsoReadBy: ['sampling'] as const, unit: 'tokens' };
const entropy = { stage: 'sampling', applies: 'sampling', alsoReadBy: ['reward'], unit: 'nats' } as const;

export const MID_TRAINING_KNOBS: readonly Knob[] = [
  knob(
    'curriculum',
    'Easy tokens first',
    'p_t',
    [1, 0, 1, 1],
    'Texts are kept by the tier of their token, easy ones early and hard ones late; off: all texts, evenly.',
    null,
    { stage: 'sampling', applies: 'sampling', options: ['off', 'on'] },
  ),
  knob(
    'budget0',
    'Budget at the start',
    'B_0',
    [8, 1, 1000, 40],
    'Tokens of thought that earn the full length reward at first.',
    { value: 800, source: 'RMT §4' },
    { ...BUDGET, scale: 'log' },
  ),
  knob('budgetMin', 'Least budget', 'B_{min}', [1, 1, 32, 1], 'The budget never falls below this.', { value: 1, source: 'RMT §4' }, BUDGET),
  knob(
    'budgetDecay',
    'Decay of the budget',
    '\\gamma',
    [0.2, 0.05, 1, 0.05],
    'Share of the first budget that is left at the end of the run; 1 keeps it.',
    { value: 0.2, source: 'RMT §4' },
    { alsoReadBy: ['sampling'] },
  ),
  knob(
    'totalSteps',
    'Length of the run',
    'T',
    [200, 10, 1000, 10],
    'Steps over which the budget shrinks and the tokens grow harder.',
    null,
    { alsoReadBy: ['sampling'], unit: 'steps' },
  ),
  knob(
    'rMax',
    'Largest length reward',
    'r_{max}',
    [1, 0, 2, 0.1],
    'What a thought of exactly the budget’s length earns, before its weight.',
    { value: 1, source: 'RMT §4' },
    { advanced: true },
  ),
  knob('lengthWeight', 'Weight of the length', 'w', [0.2, 0, 1, 0.05], 'At 0 only the match is paid, at 1 only the length.', null),
  knob(
    'ntpWeight',
    'Next-token loss',
    '\\lambda',
    [0.01, 0, 1, 0.01],
    'How much the corpus tokens that nobody thought about are learnt as in pre-training.',
    { value: 0.1, source: 'RMT §4' },
    { stage: 'loss' },
  ),
  knob(
    'entropyMedium',
    'Medium from',
    'e_1',
    [0.3, 0, 3, 0.05],
    'Corpus tokens that are predicted with less entropy than this are easy.',
    null,
    entropy,
  ),
  knob(
    'entropyHard',
    'Hard from',
    'e_2',
    [2, 0, 3, 0.05],
    'Corpus tokens that are predicted with at least this entropy are hard.',
    null,
    entropy,
  ),
  share('earlyEasy', 'Easy, early', 'p_{easy}', 0.6, 'How often an easy token is chosen at the start of the run.'),
  share('earlyMedium', 'Medium, early', 'p_{med}', 0.3, 'How often a medium token is chosen at the start; hard ones get the rest.'),
  share('lateEasy', 'Easy, late', "p'_{easy}", 0.1, 'How often an easy token is chosen at the end of the run.'),
  share('lateMedium', 'Medium, late', "p'_{med}", 0.3, 'How often a medium token is chosen at the end; hard ones get the rest.'),
  share('earlyUntil', 'Early until', 't_1', 0.3, 'Share of the run after which the choice begins to shift.', {
    paper: { value: 0.3, source: 'RMT §4' },
    advanced: true,
  }),
  share('lateFrom', 'Late from', 't_2', 0.7, 'Share of the run after which the choice is the late one.', {
    paper: { value: 0.7, source: 'RMT §4' },
    advanced: true,
  }),
];
