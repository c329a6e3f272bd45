import { beforeAll, describe, expect, it } from 'vitest';
import { effectOf, hasLane, LANES, laneValues, prefixTrees, valueAt } from './lanes.ts';
import { loadMethod } from './methods/index.ts';
import { composeMethod, creditBatch, defaultKnobs } from './pipeline.ts';
import type { CreditResult } from './pipeline.types.ts';
import { batchOf, withRatios } from './testBatch.ts';

const group = withRatios([
  { tokens: [1, 2], reward: 1, ratios: [1, 1.5] },
  { tokens: [1, 3], reward: 0, ratios: [1, 1] },
]);
const logits = (a: number, b: number) => ({ width: 4, data: Float64Array.from([0, a, b, 0, 0, a, b, 0, 0, a, b, 0, 0, a, b, 0]) });
const batch = {
  ...batchOf(group.map((response) => ({ ...response, refLogprobs: [-20, -21], oldEntropies: [0.5, 0.25] }))),
  logits: logits(0, 0),
  logitsAfter: logits(2, 0),
  baseTemperature: 2,
};
let credit: CreditResult;
beforeAll(async () => {
  const grpo = await loadMethod('grpo');
  credit = creditBatch(batch, composeMethod(grpo), defaultKnobs(grpo));
});
const lane = (id: string) => [...laneValues(LANES.find((entry) => entry.id === id)!, batch, credit)];

describe('lanes that every method has', () => {
  it('reads values and visits from the prefix tree', () => {
    expect(lane('value')).toEqual([0.5, 1, 0.5, 0]);
    expect(lane('valueBefore')).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(lane('td')).toEqual([0, 0.5, 0, -0.5]);
    expect(lane('visits')).toEqual([2, 1, 2, 1]);
    expect(prefixTrees(batch)).toBe(prefixTrees(batch));
  });
  it('reads the credit and its trace', () => {
    expect(lane('credit')).toEqual([...credit.credit]);
    expect(lane('advantage')).toEqual([...credit.advantages]);
    expect(lane('clipState')).toEqual([0, 1, 0, 0]);
    expect(lane('ratio')[1]).toBeCloseTo(1.5, 12);
    expect(lane('entropy')).toEqual([0.5, 0.25, 0.5, 0.25]);
    expect(lane('kl')[1]).toBeCloseTo(1 + Math.log(1.5), 12);
    // k3 = e^−x − 1 + x, and the token whose models agree has none.
    expect(lane('klK3')[1]).toBeCloseTo(Math.exp(-1) / 1.5 + Math.log(1.5), 12);
    expect(lane('klK3')[0]).toBe(0);
  });
  it('takes the effect from logits before and after, at T_base', () => {
    // before: ¼ each; after: logits 0, 1, 0, 0 at T = 2, so Z = 3 + e
    const z = Math.log(3 + Math.E);
    expect(lane('effect').map((x) => x.toFixed(12))).toEqual([1 - z, -z, 1 - z, -z].map((x) => (x + Math.log(4)).toFixed(12)));
    expect(effectOf(batch)).toBe(effectOf(batch));
    expect(effectOf({ ...batch, logitsAfter: undefined })).toBeUndefined();
  });
  it('has NaN where there is nothing, and says so', () => {
    expect(lane('samplingLogprob')).toEqual([NaN, NaN, NaN, NaN]);
    expect(hasLane({ trace: 'samplingLogprobs' }, batch, credit)).toBe(false);
    expect(hasLane({ trace: 'td' }, batch, credit)).toBe(true);
    expect(laneValues({ trace: 'referenceLogRatio' }, { ...batch, fields: {} }, credit)[0]).toBeNaN();
  });
  it('repeats what a group, a response or the batch says on their tokens', () => {
    expect([...laneValues({ trace: 'reward' }, batch, credit)]).toEqual([1, 1, 0, 0]);
    expect([...laneValues({ trace: 'groupMean' }, batch, credit)]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe('one number for one token', () => {
  it('reads every level, knobs and what the batch itself says', () => {
    const at = (name: string, token = 2) => valueAt(name, batch, credit, token);
    expect([at('reward'), at('reward', 0), at('groupMean'), at('tokenCount'), at('knob:clipLow'), at('valueAfter', 1)]).toEqual([
      0, 1, 0.5, 4, 0.2, 1,
    ]);
    expect([at('credit', 1), at('advantages'), at('oldEntropies', 3)]).toEqual([0, credit.advantages[2], 0.25]);
    expect([at('nothing'), at('knob:nothing'), at('reward', 99)]).toEqual([NaN, NaN, NaN]);
  });
  it('reads a number of the whole batch', () => {
    const withBatch = { ...credit, trace: { ...credit.trace, whole: { level: 'batch' as const, values: Float64Array.of(7) } } };
    expect(valueAt('whole', batch, withBatch, 3)).toBe(7);
    expect([...laneValues({ trace: 'whole' }, batch, withBatch)]).toEqual([7, 7, 7, 7]);
  });
});

it('describes every lane in full', () => {
  for (const entry of LANES) {
    expect(entry.label && entry.meaning && entry.trace, entry.id).toBeTruthy();
    if (entry.kind === 'categorical') expect(entry.categories?.length).toBe((entry.domain[1] as number) + 1);
  }
  expect(new Set(LANES.map(({ id }) => id)).size).toBe(LANES.length);
});
