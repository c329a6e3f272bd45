import { describe, expect, it } from 'vitest';
import { changedAt, readSchedule, scheduleUntil, writeSchedule } from './schedule.ts';
import type { RunConfig } from './schedule.ts';

const flat: RunConfig = { trainMethod: 'flat', overrides: {}, trainMix: {} };
const tight: RunConfig = { trainMethod: 'flat', overrides: { clipLow: 0.1, cap: Infinity }, trainMix: { loss: 'branchy' } };
const stages = ['advantage', 'loss'] as const;

describe('the schedule of a run', () => {
  it('keeps what was in force up to a change, and nothing of a change that no step followed', () => {
    const once = changedAt([], flat, 25, 20);
    expect(once).toEqual([{ ...flat, until: 25 }]);
    expect(changedAt(once, tight, 25, 20)).toBe(once);
    expect(changedAt(once, tight, 31, 20)).toEqual([
      { ...flat, until: 25 },
      { ...tight, until: 31 },
    ]);
    expect(changedAt([], flat, 20, 20)).toEqual([]);
  });

  it('ends at the step that is shown', () => {
    const whole = [
      { ...flat, until: 25 },
      { ...tight, until: 31 },
    ];
    expect(scheduleUntil(whole, 40)).toEqual(whole);
    expect(scheduleUntil(whole, 31)).toEqual(whole);
    expect(scheduleUntil(whole, 28)).toEqual([
      { ...flat, until: 25 },
      { ...tight, until: 28 },
    ]);
    expect(scheduleUntil(whole, 22)).toEqual([{ ...flat, until: 22 }]);
  });

  it('is written on one line and read again', () => {
    const whole = [
      { ...tight, until: 25 },
      { ...flat, until: 31 },
    ];
    const line = '25~flat~cap!Infinity,clipLow!0.1~loss!branchy*31~flat~~';
    expect(writeSchedule(whole)).toBe(line);
    expect(readSchedule(line, ['flat', 'branchy'], stages)).toEqual(whole);
    expect(writeSchedule([])).toBeNull();
  });

  it('is refused where it is damaged', () => {
    const read = (line: string) => () => readSchedule(line, ['flat'], stages);
    expect(read('25~flat~clipLow')).toThrow('damaged');
    expect(read('25~flat~clipLow~')).toThrow('damaged');
    expect(read('25~magic~~')).toThrow('not known');
    expect(read('25~flat~~*25~flat~~')).toThrow('out of order');
    expect(read('x~flat~~')).toThrow('not a positive whole number');
    expect(read(Array(21).fill('1~flat~~').join('*'))).toThrow('too often');
  });
});
