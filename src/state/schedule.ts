/**
 * What a live run was trained with, up to which step: with checkpoint and seed it is all that a link needs for taking the very
 * same steps again.
 */
import type { StageName } from '../core/stages/types.ts';
import { finite, LinkProblem, oneOf, ordinal } from './linkFields.ts';
import type { Mix } from './types.ts';

/** What decides how a step is taken, as the user set it. */
export interface RunConfig {
  trainMethod: string;
  overrides: Readonly<Record<string, number>>;
  trainMix: Mix;
}

/** In force for the steps up to and including `until`, and after those of the segment before. */
export interface RunSegment extends RunConfig {
  until: number;
}

/** A run whose settings were changed more often than this cannot be told by a link. */
export const MAX_SEGMENTS = 20;

/** Whether two configurations take the same steps. */
export const isSame = (a: RunConfig, b: RunConfig): boolean =>
  a.trainMethod === b.trainMethod && pairs(a.overrides) === pairs(b.overrides) && pairs(a.trainMix) === pairs(b.trainMix);

export const configOf = ({ trainMethod, overrides, trainMix }: RunConfig): RunConfig => ({ trainMethod, overrides, trainMix });

/** The run so far, where another configuration takes over after step `at`; `origin` is the step of the checkpoint it began at. */
export function changedAt(schedule: readonly RunSegment[], before: RunConfig, at: number, origin: number): readonly RunSegment[] {
  const last = schedule[schedule.length - 1]?.until ?? origin;
  // Where no step was taken since the last change, the configuration in between moved nothing.
  return at > last ? [...schedule, { ...configOf(before), until: at }] : schedule;
}

/** The part of the run that led to the step shown. */
export function scheduleUntil(schedule: readonly RunSegment[], step: number): readonly RunSegment[] {
  const end = schedule.findIndex(({ until }) => until >= step);
  return end < 0 ? schedule : [...schedule.slice(0, end), { ...schedule[end], until: step }];
}

const pairs = (record: Readonly<Record<string, string | number>>): string =>
  Object.keys(record)
    .sort()
    .map((key) => `${key}!${record[key]}`)
    .join();

/** `until~method~knob!value,…~stage!method,…`, segments with `*` between them; null for a run that was never changed. */
export function writeSchedule(schedule: readonly RunSegment[]): string | null {
  if (schedule.length === 0) return null;
  return schedule
    .map(({ until, trainMethod, overrides, trainMix }) => [until, trainMethod, pairs(overrides), pairs(trainMix)].join('~'))
    .join('*');
}

const split = (text: string): [string, string][] =>
  text === ''
    ? []
    : text.split(',').map((pair) => {
        const at = pair.indexOf('!');
        if (at < 1) throw new LinkProblem('The run’s settings in the link are damaged.');
        return [pair.slice(0, at), pair.slice(at + 1)];
      });

/** Reads what `writeSchedule` wrote; throws a `LinkProblem`. */
export function readSchedule(text: string, methods: readonly string[], stages: readonly StageName[]): readonly RunSegment[] {
  const parts = text.split('*');
  if (parts.length > MAX_SEGMENTS) throw new LinkProblem('The run’s settings were changed too often to be told by a link.');
  let last = 0;
  return parts.map((part) => {
    const [until, trainMethod, overrides, mix, ...rest] = part.split('~');
    if (mix === undefined || rest.length > 0) throw new LinkProblem('The run’s settings in the link are damaged.');
    const segment = {
      until: ordinal('run', until),
      trainMethod: oneOf('run', methods, trainMethod),
      overrides: Object.fromEntries(split(overrides).map(([id, value]) => [id, finite(id, value)])),
      trainMix: Object.fromEntries(split(mix).map(([stage, id]) => [oneOf('stage', stages, stage), oneOf('run', methods, id)])),
    };
    if (segment.until <= last) throw new LinkProblem('The run’s settings in the link are out of order.');
    last = segment.until;
    return segment;
  });
}
