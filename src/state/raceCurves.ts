/** The curves and the table of a race, from its runs. */
import { firstReached, meanCurve, meanInterval, valueAt } from '../core/metrics/learningCurves.ts';
import type { CurvePoint, MeanInterval, RunCurve } from '../core/metrics/learningCurves.ts';
import type { Lap } from '../engine/protocol.ts';
import type { RaceRun } from './raceTypes.ts';

export type RaceAxis = 'step' | 'tokens' | 'seconds';
export type RaceMeasure = 'reward' | 'entropy' | 'length';

/** Reward at which a run counts as having learned. */
export const LEVEL = 0.8;
/** Places at which curves over tokens or seconds, which no two runs share, are averaged. */
const PLACES = 60;

const curveOf = ({ laps, stopped }: RaceRun, axis: RaceAxis, of: keyof Lap): RunCurve => ({
  x: laps.map((lap) => lap[axis]),
  y: laps.map((lap) => lap[of]),
  isFinal: stopped !== null,
});

/** Where curves are averaged: at every lap's step, or evenly along what the farthest run has spent. */
export function placesOf(runs: readonly RaceRun[], axis: RaceAxis): number[] {
  const all = runs.flatMap(({ laps }) => laps.map((lap) => lap[axis]));
  if (axis === 'step') return [...new Set(all)].sort((a, b) => a - b);
  const most = Math.max(0, ...all);
  return most > 0 ? Array.from({ length: PLACES + 1 }, (_, i) => (most * i) / PLACES) : all.slice(0, 1);
}

export const entrantCurve = (
  runs: readonly RaceRun[],
  entrant: string,
  measure: RaceMeasure,
  axis: RaceAxis,
  places: readonly number[],
): CurvePoint[] =>
  meanCurve(
    runs.filter((run) => run.entrant === entrant).map((run) => curveOf(run, axis, measure)),
    places,
  );

export interface RaceRow {
  reward: MeanInterval;
  entropy: MeanInterval;
  length: MeanInterval;
  tokens: MeanInterval;
  seconds: MeanInterval;
  /** Over the seeds that reached it. */
  stepsToLevel: MeanInterval;
}

/** What an entrant's runs have come to at a place of the axis. */
export function rowAt(runs: readonly RaceRun[], entrant: string, axis: RaceAxis, place: number): RaceRow {
  const own = runs.filter((run) => run.entrant === entrant);
  const at = (of: keyof Lap) => meanInterval(own.map((run) => valueAt(curveOf(run, axis, of), place)));
  return {
    reward: at('reward'),
    entropy: at('entropy'),
    length: at('length'),
    tokens: at('tokens'),
    seconds: at('seconds'),
    stepsToLevel: meanInterval(own.map((run) => firstReached(curveOf(run, 'step', 'reward'), LEVEL))),
  };
}
