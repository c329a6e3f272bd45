import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreementOf, differenceOf, differingStages, isSame } from './compare.ts';
import type { ComparedMethod } from './compare.ts';
import { HEADLINE, loadMethod, METHODS } from './methods/index.ts';
import { composeMethod, creditBatch, defaultKnobs, knobsOf } from './pipeline.ts';
import type { StageMix } from './pipeline.ts';
import type { Method } from './stages/types.ts';
import { anyGroups, batchOf, furnish } from './testBatch.ts';

const compared = (method: Method, mix: StageMix = {}, change: Record<string, number> = {}): ComparedMethod => ({
  composed: composeMethod(method, mix),
  knobList: knobsOf(method, mix),
  knobs: { ...defaultKnobs(method, mix), ...change },
});

describe('the difference of two credits', () => {
  it('is a − b, nothing where a side has no number, and 0 where they only were summed in another order', () => {
    const a = Float64Array.of(0.68, -0.94, NaN, 0.1 + 0.2, 1);
    const b = Float64Array.of(0.95, 2.34, 1, 0.3, NaN);
    const [first, second, third, fourth, fifth] = differenceOf(a, b);
    expect(first).toBeCloseTo(-0.27, 12);
    expect(second).toBeCloseTo(-3.28, 12);
    expect([third, fourth, fifth]).toEqual([NaN, 0, NaN]);
  });

  it('counts what differs, what is opposite and what only one side says, and finds the widest', () => {
    const a = Float64Array.of(9, 0.5, -1, NaN, 2, 0, -2);
    const b = Float64Array.of(0, 0.5, 1, 1, NaN, 0, 0.5);
    expect(agreementOf(a, b, 1, 7)).toEqual({ compared: 4, differing: 2, opposite: 2, onlyOne: 2, widest: 6 });
    expect(agreementOf(a, b, 1, 2)).toEqual({ compared: 1, differing: 0, opposite: 0, onlyOne: 0, widest: -1 });
  });

  it('takes infinities and absences for themselves', () => {
    expect([isSame(Infinity, Infinity), isSame(NaN, NaN), isSame(Infinity, 1), isSame(NaN, 1), isSame(0, 1e-300)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('is 0 on every token for any method against itself', async () => {
    const methods = await Promise.all(METHODS.map(({ load }) => load()));
    fc.assert(
      fc.property(anyGroups(), fc.constantFrom(...methods), (groups, method) => {
        const batch = furnish(batchOf(...groups));
        const once = creditBatch(batch, composeMethod(method), defaultKnobs(method));
        const again = creditBatch(batch, composeMethod(method), defaultKnobs(method));
        for (const [t, value] of differenceOf(once.credit, again.credit).entries()) {
          expect(Number.isNaN(value)).toBe(Number.isNaN(once.credit[t]));
          expect(Number.isNaN(value) || value === 0).toBe(true);
        }
        expect(differingStages(compared(method), compared(method))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the stages that differ', () => {
  it('are those that run another function or read another value of a knob', async () => {
    const [flat, tree] = await Promise.all(HEADLINE.slice(0, 2).map(loadMethod));
    // TEMPO changes the advantage, and averages its loss over all tokens and not over responses first.
    expect(differingStages(compared(flat), compared(tree)).map(({ stage }) => stage)).toEqual(['advantage', 'loss', 'regulariser']);
    expect(differingStages(compared(flat, { advantage: tree }), compared(flat))).toEqual([
      { stage: 'advantage', isOther: true, knobs: [] },
    ]);
    expect(differingStages(compared(flat, {}, { clipHigh: 0.4 }), compared(flat))).toEqual([
      { stage: 'loss', isOther: false, knobs: ['clipHigh'] },
    ]);
  });
});
