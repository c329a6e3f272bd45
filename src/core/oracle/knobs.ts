/** What the user may set about the oracle, described like knobs so that the same sliders, links and undo serve them. */
import type { Knob, KnobValues } from '../stages/types.ts';
import { DEFAULT_BUDGET } from './truth.ts';
import type { OracleBudget } from './truth.ts';

const base = { stage: 'advantage', scale: 'log', unit: '', paper: null, applies: 'credit' } as const;

export const ORACLE_KNOBS: readonly Knob[] = [
  {
    ...base,
    id: 'oracleEpsilon',
    label: 'Share left unopened',
    symbol: '\\varepsilon',
    default: DEFAULT_BUDGET.epsilon,
    min: 1e-4,
    max: 1e-2,
    step: 10,
    meaning: 'A smaller one opens more of the tree: below every prefix less than this share of its probability is left out.',
  },
  {
    ...base,
    id: 'oracleContinuations',
    label: 'Continuations',
    symbol: 'K',
    default: DEFAULT_BUDGET.continuations,
    min: 8,
    max: 1024,
    step: 10,
    whole: true,
    meaning:
      'More continuations of each prefix make an estimate surer and slower; they count where the tree is too wide, and in “what if”.',
  },
  {
    ...base,
    id: 'oracleRedraws',
    label: 'Redrawn groups',
    symbol: 'R',
    default: 16,
    min: 4,
    max: 64,
    step: 1,
    scale: 'lin',
    whole: true,
    meaning: 'More redrawn groups make the standard deviation of the credit surer and slower.',
  },
];

/** ε, K and R of these overrides; they are clamped where they are set. */
export function oracleSettings(overrides: KnobValues): { budget: OracleBudget; redraws: number } {
  const [epsilon, continuations, redraws] = ORACLE_KNOBS.map((knob) => overrides[knob.id] ?? knob.default);
  return { budget: { ...DEFAULT_BUDGET, epsilon, continuations }, redraws };
}
