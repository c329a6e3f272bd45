import { useStore } from 'zustand';
import { groupTokens } from '../../core/batchSlice.ts';
import { Z95 } from '../../core/metrics/wilson.ts';
import { ORACLE_KNOBS } from '../../core/oracle/knobs.ts';
import type { Knob } from '../../core/stages/types.ts';
import { resolveKnobs } from '../../state/knobs.ts';
import { truthOf } from '../../state/truthOf.ts';
import type { TruthState } from '../../state/truthTypes.ts';
import { wantsSpread } from '../../state/truthWants.ts';
import { KnobSlider } from '../../ui/KnobSlider.tsx';
import { formatCompact } from '../../ui/number.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { TruthStatus } from './TruthStatus.tsx';

/** How the true values on screen were found and how sure they are; what the oracle is doing; ε, K and R. */
export function TruthPanel() {
  const lab = useLab();
  const { shown } = useStore(truthOf(lab).store);
  const error = useLabState(({ batch, group }) => {
    const errors = batch?.fields.trueErrors;
    if (!batch || !errors) return NaN;
    const [first, last] = groupTokens(batch, group);
    return Math.max(0, ...errors.subarray(first, last));
  });
  const asksSpread = useLabState(wantsSpread);
  return (
    <section className="truth-panel" aria-label="Oracle">
      <h2>Truth</h2>
      <p aria-live="polite">{shown ? certificate(shown, error) : 'The true values of this prompt are not known yet.'}</p>
      <TruthStatus />
      <OracleKnobs knobs={ORACLE_KNOBS.filter(({ id }) => asksSpread || id !== 'oracleRedraws')} />
    </section>
  );
}

/** The sliders of some of the oracle's settings. */
export function OracleKnobs({ knobs }: { knobs: readonly Knob[] }) {
  const lab = useLab();
  const overrides = useLabState((state) => state.overrides);
  const values = resolveKnobs(knobs, overrides);
  return knobs.map((knob) => (
    <KnobSlider
      key={knob.id}
      knob={knob}
      value={values[knob.id]}
      isDefault={values[knob.id] === knob.default}
      onChange={(value) => lab.setKnob(knob, value)}
      onReset={() => lab.resetKnob(knob)}
    />
  ));
}

/** One or two sentences: exact with its certified interval, or estimated with its standard error. */
export function certificate({ kind, budget }: NonNullable<TruthState['shown']>, error: number): string {
  if (kind === 'exact') {
    return `Exact: opened until less than ε = ${formatCompact(budget.epsilon)} of every prefix was left, so each true advantage is certain to ±${formatCompact(error, 1)}.`;
  }
  return `Estimated: the tree is wider than ${budget.maxNodes.toLocaleString('en')} prefixes, so K = ${budget.continuations} continuations were drawn from each. Standard error of an advantage at most ${formatCompact(error / Z95, 1)}.`;
}
