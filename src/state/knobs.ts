/** Knob values: a touched knob keeps its value across methods, an untouched one takes the method's default. */
import type { Knob, KnobValues, Method } from '../core/stages/types.ts';
import { SETTINGS } from './settings.ts';
import type { ShownKnob } from './types.ts';

/** The nearest allowed value: inside [min, max], or the knob's special value (∞ = off) as it is. */
export function clampKnob(knob: Knob, value: number): number {
  if (knob.special && Object.is(value, knob.special.value)) return value;
  if (Number.isNaN(value)) return knob.default;
  const inside = Math.min(knob.max, Math.max(knob.min, value));
  return knob.options || knob.whole ? Math.round(inside) : inside;
}

/** Values of these knobs with the user's overrides, each brought into its own knob's range. */
export function resolveKnobs(knobs: readonly Knob[], overrides: KnobValues): Record<string, number> {
  const values: Record<string, number> = {};
  for (const knob of knobs) values[knob.id] = knob.id in overrides ? clampKnob(knob, overrides[knob.id]) : knob.default;
  return values;
}

/** The knobs with their values, for the panel. */
export function shownKnobs(knobs: readonly Knob[], overrides: KnobValues): ShownKnob[] {
  const values = resolveKnobs(knobs, overrides);
  return knobs.map((knob) => ({ knob, value: values[knob.id], isDefault: Object.is(values[knob.id], knob.default) }));
}

/** What a user is told when a value had to be moved; null where it fits. */
export function clampMessage(knob: Knob, asked: number): string | null {
  const got = clampKnob(knob, asked);
  if (Object.is(got, asked)) return null;
  return `${knob.label} goes from ${knob.min} to ${knob.max}: ${asked} was set to ${got}.`;
}

/** Values of a link against the knobs of these methods and of the run: unknown ones dropped, others clamped, each told in a sentence. */
export function checkKnobs(
  overrides: KnobValues,
  methods: readonly Pick<Method, 'knobs'>[],
): { overrides: Record<string, number>; problems: string[] } {
  const kept: Record<string, number> = {};
  const problems: string[] = [];
  for (const [id, asked] of Object.entries(overrides)) {
    const knobs = [...methods.flatMap((method) => method.knobs), ...SETTINGS].filter((knob) => knob.id === id);
    if (knobs.length === 0) {
      problems.push(`There is no knob "${id}".`);
      continue;
    }
    // A value that one method allows is kept: the others clamp it while they are viewed.
    const knob = knobs.find((candidate) => clampMessage(candidate, asked) === null) ?? knobs[0];
    const message = clampMessage(knob, asked);
    if (message) problems.push(message);
    kept[id] = clampKnob(knob, asked);
  }
  return { overrides: kept, problems };
}
