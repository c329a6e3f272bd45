import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch, Span } from '../batch.ts';
import { composeMethod, creditBatch, defaultKnobs, missingNeeds } from '../pipeline.ts';
import { hasContinuations, stepCredit, stepStarts, valuedPrefixes } from '../stages/stepAdvantage.ts';
import { sum } from '../stats.ts';
import { anyGroups, batchOf, furnish } from '../testBatch.ts';
import { vineppo } from './vineppo.ts';

const composed = composeMethod(vineppo);
const KNOBS = defaultKnobs(vineppo);
const run = (batch: RolloutBatch, changes: Record<string, number> = {}) => creditBatch(batch, composed, { ...KNOBS, ...changes });
const step = (start: number, end: number): Span => ({ kind: 'step', start, end, label: '' });

/** `S 2 > 1 .`: a strategy token, two steps and an end; K = 4 continuations before each. */
const chain = (reward: number): RolloutBatch => {
  const batch = batchOf([{ tokens: [12, 2, 14, 1, 15], reward }]);
  const [response] = batch.responses;
  const spans = [step(1, 2), step(3, 4)];
  const continuations = [
    { after: 0, rewards: [0, 1, 0, 0] },
    { after: 1, rewards: [1, 1, 0, 0] },
    { after: 3, rewards: [1, 1, 1, 0] },
  ];
  return { ...batch, responses: [{ ...response, spans, continuations }] };
};

describe('VinePPO by hand', () => {
  it('cuts before each step, gives every token of a step the change of value, and the last the reward', () => {
    const { trace } = run(chain(1), { whiten: 0 });
    expect([...trace.stepValueBefore.values]).toEqual([0.25, 0.5, 0.5, 0.75, 0.75]);
    expect([...trace.stepValueAfter.values]).toEqual([0.5, 0.75, 0.75, 0, 0]);
    expect([...trace.advantages.values]).toEqual([0.25, 0.25, 0.25, 0.25, 0.25]);
    expect([...run(chain(0), { whiten: 0 }).advantages]).toEqual([0.25, 0.25, 0.25, -0.75, -0.75]);
    expect([...trace.stepStart.values]).toEqual([1, 1, 0, 1, 0]);
    expect([...trace.stepReward.values]).toEqual([0, 0, 0, 1, 1]);
  });
  it('reads the first K continuations, so that a smaller K changes the view at once', () => {
    expect([...run(chain(1), { whiten: 0, continuations: 2 }).trace.stepValueBefore.values]).toEqual([0.5, 1, 1, 1, 1]);
    expect([...run(chain(1), { whiten: 0, continuations: 2 }).trace.stepValueCount.values]).toEqual([2, 2, 2, 2, 2]);
    expect(hasContinuations(chain(1), KNOBS, 4)).toBe(true);
    expect(hasContinuations(chain(1), KNOBS, 5)).toBe(false);
    expect(hasContinuations(chain(1), { ...KNOBS, stepUnit: 1 })).toBe(false);
  });
  it('fills the values beyond the last valued step backwards from the reward', () => {
    const { trace } = run(chain(1), { whiten: 0, lastValuedStep: 1 });
    expect([...trace.stepValueBefore.values]).toEqual([0.25, 0.5, 0.5, 1, 1]);
    expect([...trace.advantages.values]).toEqual([0.25, 0.5, 0.5, 0, 0]);
    expect([...trace.stepValueSource.values]).toEqual([0, 0, 0, 1, 1]);
  });
  it('whitens over the tokens of the batch with the sample variance', () => {
    // Advantages ¼ ¼ ¼ −¾ −¾: mean −0.15, sample variance 0.3.
    const { advantages } = run(chain(0));
    expect(advantages[0]).toBeCloseTo(0.4 / Math.sqrt(0.3), 6);
    expect(advantages[4]).toBeCloseTo(-0.6 / Math.sqrt(0.3), 6);
  });
  it('says what a batch lacks', () => {
    const bare = batchOf([{ tokens: [1, 2], reward: 1 }]);
    expect(missingNeeds(bare, vineppo)).toEqual(['continuations', 'steps']);
    expect(missingNeeds(bare, vineppo, { ...KNOBS, stepUnit: 1 })).toEqual(['continuations']);
    expect(missingNeeds(chain(1), vineppo, { ...KNOBS, continuations: 4 })).toEqual([]);
    // Four were drawn, and nine are asked for.
    expect(missingNeeds(chain(1), vineppo)).toEqual(['continuations']);
    expect(() => run(chain(1), { stepUnit: 1 })).toThrow('The batch has no continuations, which this method needs.');
  });
});

describe('the steps', () => {
  it('start at 0 and at every step of the verifier, or at every token', () => {
    const [response] = chain(1).responses;
    expect(stepStarts(response, KNOBS)).toEqual([0, 1, 3]);
    expect(stepStarts({ ...response, spans: [step(0, 2), step(2, 5)] }, KNOBS)).toEqual([0, 2]);
    expect(stepStarts({ ...response, spans: undefined }, KNOBS)).toEqual([0]);
    expect(stepStarts(response, { ...KNOBS, stepUnit: 1 })).toEqual([0, 1, 2, 3, 4]);
    expect(valuedPrefixes(response, { ...KNOBS, lastValuedStep: 1 })).toEqual([0, 1]);
  });
});

describe('VinePPO, for any batch', () => {
  const knobs = fc.record({
    stepUnit: fc.constantFrom(0, 1),
    continuations: fc.integer({ min: 1, max: 5 }),
    lastValuedStep: fc.constantFrom(0, 1, 3, Infinity),
    whiten: fc.constant(0),
  });
  it('the steps’ advantages sum to r − V(prompt), and all tokens of a step share one', () => {
    fc.assert(
      fc.property(anyGroups(), knobs, (groups, changes) => {
        const batch = furnish(batchOf(...groups));
        const { advantages, trace } = run(batch, changes);
        for (const response of batch.responses) {
          const q = new Float64Array(response.end - response.start);
          q[q.length - 1] = response.reward;
          const own = stepCredit(response, q, { ...KNOBS, ...changes });
          expect(sum(own.advantages)).toBeCloseTo(response.reward - own.values[0], 12);
          own.starts.forEach((from, k) => {
            for (let t = from; t < (own.starts[k + 1] ?? q.length); t++) {
              expect(advantages[response.start + t]).toBe(own.advantages[k]);
              expect(trace.stepIndex.values[response.start + t]).toBe(k + 1);
            }
          });
        }
      }),
    );
  });
  it('equal rewards still give credit where continuations fail: the value is not the group’s', () => {
    const batch = chain(1);
    const pair = { ...batch, responses: batch.responses.map((r) => ({ ...r, reward: 1 })) };
    expect(run(pair, { whiten: 0 }).advantages.some((a) => a !== 0)).toBe(true);
  });
});
