import { useMemo } from 'react';
import { HEADLINE } from '../../core/methods/index.ts';
import { knobsOf } from '../../core/pipeline.ts';
import type { Knob, StageName } from '../../core/stages/types.ts';
import { mixedMethods } from '../../state/credit.ts';
import { shownKnobs } from '../../state/knobs.ts';
import { SETTINGS } from '../../state/settings.ts';
import type { ShownKnob } from '../../state/types.ts';
import { STAGE_NAMES } from '../../state/url.ts';
import { KnobSlider } from '../../ui/KnobSlider.tsx';
import { useLab, useLabState } from '../app/labContext.ts';

const GROUP_TITLES: Readonly<Record<StageName, string>> = {
  sampling: 'Sampling',
  reward: 'Reward',
  advantage: 'Advantage',
  loss: 'Loss and update',
  regulariser: 'Regulariser',
};

/**
 * Sliders of the viewed method and of the run: first those that only this method has beside the flat one of the large switch,
 * then all others by stage. A method's own knob replaces the run's of the same id.
 */
export function Knobs() {
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const methods = useLabState((state) => state.methods);
  const mix = useLabState((state) => state.mix);
  const overrides = useLabState((state) => state.overrides);
  const knobs = useMemo(() => {
    const own = method ? knobsFor(method, methods, mix) : [];
    const ids = new Set(own.map(({ id }) => id));
    return [...own, ...SETTINGS.filter(({ id }) => !ids.has(id))];
  }, [method, methods, mix]);
  const flat = useLabState((state) => state.methods[HEADLINE[0]] ?? null);
  const shown = shownKnobs(knobs, overrides);
  const usual = new Set([...(flat?.knobs ?? []), ...SETTINGS].map(({ id }) => id));
  const isOwn = ({ knob }: ShownKnob): boolean => flat !== null && !usual.has(knob.id);
  return (
    <div className="knobs">
      <Group title={`${method?.meta.title}’s own`} members={shown.filter(isOwn)} />
      {STAGE_NAMES.map((stage) => (
        <Group key={stage} title={GROUP_TITLES[stage]} members={shown.filter((member) => member.knob.stage === stage && !isOwn(member))} />
      ))}
    </div>
  );
}

function Group({ title, members }: { title: string; members: readonly ShownKnob[] }) {
  if (members.length === 0) return null;
  return (
    <section aria-label={`${title} knobs`}>
      <h3>{title}</h3>
      <KnobList members={members.filter(({ knob }) => !knob.advanced)} />
      <More members={members.filter(({ knob }) => knob.advanced)} />
    </section>
  );
}

function KnobList({ members }: { members: readonly ShownKnob[] }) {
  const lab = useLab();
  return members.map(({ knob, value, isDefault }) => (
    <KnobSlider
      key={knob.id}
      knob={knob}
      value={value}
      isDefault={isDefault}
      onChange={(next) => lab.setKnob(knob, next)}
      onReset={() => lab.resetKnob(knob)}
    />
  ));
}

/** Constants of the authors' code that a lecture seldom moves. Open while one of them is changed: nothing changed is hidden. */
function More({ members }: { members: readonly ShownKnob[] }) {
  if (members.length === 0) return null;
  const isChanged = members.some(({ isDefault }) => !isDefault);
  return (
    <details className="more-knobs" open={isChanged || undefined}>
      <summary>more ({members.length})</summary>
      <KnobList members={members} />
    </details>
  );
}

function knobsFor(
  method: Parameters<typeof knobsOf>[0],
  methods: Parameters<typeof mixedMethods>[0],
  mix: Parameters<typeof mixedMethods>[1],
): readonly Knob[] {
  try {
    return knobsOf(method, mixedMethods(methods, mix));
  } catch {
    // A refused mix: the sentence over the matrix says why; the method's own knobs stay in reach.
    return knobsOf(method);
  }
}
