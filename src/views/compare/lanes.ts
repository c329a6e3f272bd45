/** The three lanes of a comparison: A, B and A − B. */
import { differenceOf } from '../../core/compare.ts';
import { laneValues } from '../../core/lanes.ts';
import type { Lane } from '../../core/stages/types.ts';
import type { ComparedSide } from '../../state/compare.ts';
import { creditDomain, niceDomain } from '../../ui/number.ts';
import { hasNoSignal, laneDomain } from '../app/laneViews.ts';
import type { LaneView } from '../matrix/types.ts';
import type { SideName } from './sides.ts';

export interface LanesInput {
  lane: Lane;
  a: ComparedSide;
  b: ComparedSide;
  names: { a: SideName; b: SideName };
  group: number;
  vocabularySize: number;
  /** A moving picture is scaled to the whole batch, a still one to the prompt that it shows. */
  isRunning: boolean;
}

/** The numbers of one side; NaN throughout where it has no credit. */
export function sideValues(lane: Lane, { batch, derived }: ComparedSide): Float64Array {
  return derived.credit ? laneValues(lane, batch, derived.credit) : new Float64Array(batch.tokens.length).fill(NaN);
}

/** Token range [start, end) of a group. */
export function tokenRange({ batch }: ComparedSide, group: number): [start: number, end: number] {
  const { start, end } = batch.groups[group];
  return start < end ? [batch.responses[start].start, batch.responses[end - 1].end] : [0, 0];
}

/** Lanes whose domain is the credit's: symmetric, and for the shown prompt. */
const isCredit = ({ id }: Lane): boolean => id === 'credit' || id === 'advantage';

/** A still picture uses the whole ramp, a moving one goes in 1-2-5 steps. */
const heldDomain = (half: number, isRunning: boolean): number => (isRunning ? niceDomain(half) : half);

/** One domain for both sides, so that a colour means one number. */
export function sharedDomain(input: LanesInput, values: readonly Float64Array[]): readonly [number, number] {
  const { lane, a, group, vocabularySize, isRunning } = input;
  if (isCredit(lane)) {
    const shown = isRunning ? values : values.map((side) => side.subarray(...tokenRange(a, group)));
    const half = heldDomain(Math.max(...shown.map(creditDomain)), isRunning);
    return [-half, half];
  }
  const ends = values.filter((side) => !side.every(Number.isNaN)).map((side) => laneDomain(lane, side, vocabularySize));
  if (ends.length === 0) return [-1, 1];
  return [Math.min(...ends.map(([low]) => low)), Math.max(...ends.map(([, high]) => high))];
}

/** A, B and A − B, left to right. A and B share their domain, the difference has its own. */
export function compareLanes(input: LanesInput): LaneView[] {
  const { lane, a, b, names, group, isRunning } = input;
  const [x, y] = [sideValues(lane, a), sideValues(lane, b)];
  const difference = differenceOf(x, y);
  const domain = sharedDomain(input, [x, y]);
  const shown = isRunning ? difference : difference.subarray(...tokenRange(a, group));
  const half = heldDomain(creditDomain(shown), isRunning);
  const isFlat = (side: ComparedSide): boolean =>
    isCredit(lane) && side.derived.credit !== null && hasNoSignal(side.batch, group, side.derived.credit.advantages);
  const view = (letter: 'A' | 'B', side: ComparedSide, values: Float64Array, { title, detail }: SideName): LaneView => ({
    lane: {
      ...lane,
      id: `${letter.toLowerCase()}-${lane.id}`,
      label: `${lane.label} ${letter} · ${title}`,
      meaning: detail || lane.meaning,
    },
    values,
    domain,
    ...(lane.id === 'credit' && side.derived.credit ? { clipState: side.derived.credit.clipState } : {}),
    ...(values.every(Number.isNaN) ? { isEmpty: true } : {}),
    noSignal: isFlat(side),
  });
  return [
    view('A', a, x, names.a),
    view('B', b, y, names.b),
    {
      lane: {
        ...lane,
        id: 'difference',
        label: 'Difference A − B',
        kind: 'diverging',
        domain: 'auto',
        meaning: 'Above zero where A gives the token more, below where B does.',
      },
      values: difference,
      domain: [-half, half],
      flatWords: 'no difference',
      ...(difference.every(Number.isNaN) ? { isEmpty: true } : {}),
    },
  ];
}
