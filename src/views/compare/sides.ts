/** What the two sides of a comparison are called, and what sets them apart. */
import type { ComparedMethod, StageDifference } from '../../core/compare.ts';
import { differingStages } from '../../core/compare.ts';
import { knobsOf } from '../../core/pipeline.ts';
import type { Knob, StageName } from '../../core/stages/types.ts';
import type { ComparedSide } from '../../state/compare.ts';
import { mixedMethods } from '../../state/credit.ts';
import type { SavedMix } from '../../state/mixes.ts';
import { savedAs } from '../../state/mixes.ts';
import { needSentence } from '../../state/needs.ts';
import type { Derived, LabState, Mix } from '../../state/types.ts';
import { STAGE_NAMES } from '../../state/url.ts';
import { formatCompact } from '../../ui/number.ts';

export interface SideName {
  /** `GRPO`, `my mix`, `step 60`. */
  title: string;
  /** The knobs that set it apart from the other side, e.g. `Clip above 0.6`; empty where the title does. */
  detail: string;
  /** For sentences: the title, with the detail where both have the same title. */
  name: string;
}

export interface NamedSides {
  a: SideName;
  b: SideName;
  stages: readonly StageDifference[];
}

/** Title of a method with the stages of a mix; a saved one has a name of its own. */
export function mixTitle(methods: LabState['methods'], saved: readonly SavedMix[], method: string, mix: Mix): string {
  const title = (id: string): string => methods[id]?.meta.title ?? id;
  const own = savedAs(saved, method, mix);
  if (own) return own.name;
  const taken = STAGE_NAMES.filter((stage) => mix[stage]).map((stage) => `${title(mix[stage] as string)}’s ${stage}`);
  return taken.length === 0 ? title(method) : `${title(method)} with ${taken.join(' and ')}`;
}

/** A knob's value in words: the option's, the special value's or the number. */
export function knobValue(knob: Knob, value: number): string {
  if (knob.special && Object.is(value, knob.special.value)) return knob.special.label;
  return knob.options?.[value] ?? formatCompact(value);
}

/** More than this and a list of knobs says less than their number. */
const MAX_NAMED = 2;

function knobWords({ knobList, knobs }: ComparedMethod, stages: readonly StageDifference[]): string {
  const ids = [...new Set(stages.flatMap((stage) => stage.knobs))];
  const named = ids.slice(0, MAX_NAMED).map((id) => {
    const knob = knobList.find((candidate) => candidate.id === id);
    return knob ? `${knob.label} ${knobValue(knob, knobs[id])}` : id;
  });
  return [...named, ...(ids.length > MAX_NAMED ? [`${ids.length - MAX_NAMED} more knobs`] : [])].join(', ');
}

/** The side's method with its knobs, for `differingStages`. */
function methodOf(side: ComparedSide, methods: LabState['methods'], mix: Mix): ComparedMethod {
  const { composed, knobs } = side.derived;
  return { composed, knobs, knobList: knobsOf(composed.method, mixedMethods(methods, mix)) };
}

type Inputs = Pick<LabState, 'compare' | 'methods' | 'mix' | 'checkpointId' | 'source' | 'step'>;

/** Names of both sides and the stages in which they differ; null without a comparison. */
export function nameSides(state: Inputs, a: ComparedSide, b: ComparedSide, saved: readonly SavedMix[]): NamedSides | null {
  const { compare, methods, mix } = state;
  if (!compare) return null;
  if ('checkpoint' in compare.side) {
    const { checkpoint } = compare.side;
    // Their labels say more than a heading has room for.
    const label = (id: string): string => id.replaceAll('-', ' ');
    const plain = (title: string): SideName => ({ title, detail: '', name: title });
    return {
      a: plain(state.source === 'live' ? `step ${state.step}` : label(state.checkpointId)),
      b: plain(label(checkpoint)),
      stages: [],
    };
  }
  const { side } = compare;
  const [first, second] = [methodOf(a, methods, mix), methodOf(b, methods, side.mix)];
  const stages = differingStages(first, second);
  const titles = [mixTitle(methods, saved, first.composed.method.meta.id, mix), mixTitle(methods, saved, side.method, side.mix)];
  const isSame = titles[0] === titles[1];
  const named = (title: string, method: ComparedMethod): SideName => {
    const detail = knobWords(method, stages);
    return { title, detail, name: isSame && detail !== '' ? `${title} (${detail})` : title };
  };
  return { a: named(titles[0], first), b: named(titles[1], second), stages };
}

/** Why one side has no credit, in one sentence; null where nothing is known to be in the way. */
export function lackOf({ composed, missing, refusal }: Derived): string | null {
  return missing.length > 0 ? needSentence(composed.method.meta.title, missing) : refusal;
}

/** Who supplies a stage, in words. */
export function supplierTitle(side: ComparedSide, stage: StageName, methods: LabState['methods']): string {
  const id = side.derived.composed.suppliers[stage];
  return id === null ? 'as usual' : (methods[id]?.meta.title ?? id);
}
