import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MethodState, RolloutBatch, Span } from '../batch.ts';
import { decsFixture } from '../fixtures/decs.ts';
import { runFixture } from '../fixtures/index.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../pipeline.ts';
import { REDUNDANT_CREDIT } from '../stages/columnNormalisation.ts';
import { CHUNK_TYPE, necessaryPrefix } from '../stages/necessaryPrefix.ts';
import { sum } from '../stats.ts';
import type { TestResponse } from '../testBatch.ts';
import { batchOf } from '../testBatch.ts';
import { decs } from './decs.ts';
import { grpo } from './grpo.ts';

interface Chunk {
  length: number;
  correct: boolean;
}

/** A response of these chunks and `rest` tokens that are in none. */
function thinker(chunks: readonly Chunk[], reward: number, rest = 2): TestResponse {
  let start = 0;
  const spans = chunks.map(({ length, correct }): Span => {
    const span: Span = { kind: 'chunk', start, end: start + length, label: '', correct };
    start += length;
    return span;
  });
  return { tokens: Array.from({ length: start + rest }, (_, t) => t % 4), reward, spans };
}
const needed = { length: 2, correct: true };
const again = { length: 3, correct: true };
const wrong = { length: 2, correct: false };

const anyThinker = (reward: fc.Arbitrary<number> = fc.constantFrom(0, 1)): fc.Arbitrary<TestResponse> =>
  fc
    .tuple(
      fc.array(fc.record({ length: fc.integer({ min: 1, max: 4 }), correct: fc.boolean() }), { maxLength: 4 }),
      reward,
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([chunks, r, rest]) => thinker(chunks, r, rest));
const anyThinkers = (reward?: fc.Arbitrary<number>, min = 2) => fc.array(anyThinker(reward), { minLength: min, maxLength: 5 });

const composed = composeMethod(decs);
/** Without the curriculum, so that every group takes part. */
const run = (batch: RolloutBatch, knobs: Record<string, number> = {}) =>
  creditBatch(batch, composed, { ...defaultKnobs(decs), curriculum: 0, ...knobs });
const LIMIT = 24;
const own = (batch: RolloutBatch, values: Float64Array, i: number) => values.subarray(batch.responses[i].start, batch.responses[i].end);

describe('the necessary prefix', () => {
  const prefixOf = (chunks: readonly Chunk[], reward: number) => necessaryPrefix(batchOf([thinker(chunks, reward)]).responses[0]);
  it('ends with the first right chunk; what follows is redundant', () => {
    expect(prefixOf([wrong, needed, wrong, again], 1)).toEqual({
      chunks: [
        { start: 0, end: 2 },
        { start: 2, end: 4 },
        { start: 4, end: 6 },
        { start: 6, end: 9 },
      ],
      types: ['b', 'a', 'c', 'd'],
      redundant: { start: 4, end: 9 },
      ratio: 0.5,
    });
  });
  it('is all there is where the first right chunk is the last, none is right, or the answer is wrong', () => {
    expect(prefixOf([wrong, needed], 1)).toMatchObject({ types: ['b', 'a'], redundant: null, ratio: 1 });
    expect(prefixOf([wrong, wrong], 1)).toMatchObject({ types: ['b', 'b'], redundant: null, ratio: 0 });
    expect(prefixOf([needed, again], 0)).toMatchObject({ types: ['b', 'b'], redundant: null, ratio: 0 });
    expect(prefixOf([], 1)).toMatchObject({ chunks: [], types: [], redundant: null, ratio: 0 });
  });
  it('marks its tokens, and those in no chunk', () => {
    const { trace } = run(batchOf([thinker([wrong, needed, again], 1, 1)]));
    const { none, a, b, d } = CHUNK_TYPE;
    expect([...trace.chunkType.values]).toEqual([b, b, a, a, d, d, d, none]);
    expect([...trace.redundant.values]).toEqual([0, 0, 0, 0, 1, 1, 1, 0]);
    expect(trace.redundantShare.values[0]).toBe(3 / 8);
    // Of the right answers' tokens.
    expect(run(batchOf([thinker([needed, again], 1, 1), thinker([wrong], 0)])).trace.redundantShare.values[0]).toBe(3 / 6);
    expect(run(batchOf([thinker([wrong], 0)])).trace.redundantShare.values[0]).toBe(0);
  });
});

describe('token rewards', () => {
  it('fall strictly with the length inside the redundant span, and are never above those outside', () => {
    fc.assert(
      fc.property(
        anyThinker(fc.constant(1)),
        fc.double({ min: 1.01, max: 2, noNaN: true }),
        fc.constantFrom(0, 1),
        (response, rPlus, redundantBase) => {
          const longer = { ...response, tokens: [...response.tokens, 0] };
          const [here, there] = [response, longer].map((r) => {
            const batch = batchOf([r]);
            const { trace } = run(batch, { rPlus, redundantBase, rewardMaxLength: LIMIT });
            const inside = trace.tokenRewards.values.filter((_, t) => trace.redundant.values[t] === 1);
            const outside = trace.tokenRewards.values.filter((_, t) => trace.redundant.values[t] === 0);
            expect(outside.every((value) => value === rPlus)).toBe(true);
            expect(new Set(inside).size).toBeLessThanOrEqual(1);
            if (inside.length > 0) expect(inside[0]).toBeLessThan(rPlus);
            return inside;
          });
          if (here.length > 0) expect(there[0]).toBeLessThan(here[0]);
        },
      ),
    );
  });
  it('as the paper is reported lie lower by the whole bonus', () => {
    const batch = batchOf([thinker([needed, again], 1)]);
    const [code, paper] = [0, 1].map((redundantBase) => run(batch, { redundantBase, rPlus: 1.5, rewardMaxLength: LIMIT }).trace);
    // T = 7: 1 + 0.5 (1 − 7/24), and 1 − 0.5 · 7/24
    expect(code.tokenRewards.values[3]).toBeCloseTo(1 + (0.5 * 17) / 24, 12);
    expect(paper.tokenRewards.values[3]).toBeCloseTo(1 - (0.5 * 7) / 24, 12);
  });
  it('take the limit from the knob, else from the task, else from the longest response', () => {
    const batch = batchOf([thinker([needed], 1), thinker([needed, again], 1)]);
    const limit = (b: RolloutBatch, rewardMaxLength: number) => run(b, { rewardMaxLength }).trace.lengthLimit.values[0];
    expect([limit(batch, 30), limit({ ...batch, maxTokens: 20 }, 0), limit(batch, 0)]).toEqual([30, 20, 7]);
  });
});

describe('the advantage of a column', () => {
  it('sums to 0 over the G rows, padding included', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const batch = batchOf(group);
        const { trace, advantages } = run(batch, { rewardMaxLength: LIMIT });
        const longest = Math.max(...group.map(({ tokens }) => tokens.length));
        for (let t = 0; t < longest; t++) {
          const rows = batch.responses.map(({ start, end }) => (start + t < end ? start + t : -1));
          const live = rows.find((place) => place >= 0) as number;
          const [mean, std] = [trace.columnMean.values[live], trace.columnStd.values[live]];
          const padded = rows.map((place, i) => (place >= 0 ? advantages[place] : (group[i].reward * 1.1 - mean) / (std + 1e-6)));
          expect(Math.abs(sum(padded))).toBeLessThan(1e-9);
        }
      }),
    );
  });
  it('is 0 where all are right and nothing is redundant', () => {
    const right = fc.array(fc.constantFrom([needed], [wrong, needed], [wrong]), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(right, fc.double({ min: 1, max: 2, noNaN: true }), (group, rPlus) => {
        expect(run(batchOf(group.map((chunks) => thinker(chunks, 1))), { rPlus }).advantages.every((a) => a === 0)).toBe(true);
      }),
    );
  });
  it('is the same for all wrong answers', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const batch = batchOf(group);
        const { advantages } = run(batch, { rewardMaxLength: LIMIT });
        const rows = group.flatMap(({ reward }, i) => (reward === 0 ? [own(batch, advantages, i)] : []));
        for (let t = 0; t < 20; t++) expect(new Set(rows.flatMap((row) => (t < row.length ? [row[t]] : []))).size).toBeLessThanOrEqual(1);
      }),
    );
  });
  it('is GRPO’s where needed and redundant tokens earn the same', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const batch = batchOf(group);
        const plain = creditBatch(batch, composeMethod(grpo), defaultKnobs(grpo)).advantages;
        run(batch, { rPlus: 1 }).advantages.forEach((a, t) => expect(a).toBeCloseTo(plain[t], 9));
      }),
    );
  });
  it('does not change with the scale of the rewards where nothing is redundant and ε = 0', () => {
    fc.assert(
      fc.property(anyThinkers(), fc.double({ min: 0.1, max: 9, noNaN: true }), (group, scale) => {
        const bare = group.map(({ spans: _, ...response }) => response);
        const scaled = bare.map((response) => ({ ...response, reward: scale * response.reward }));
        const [a, b] = [bare, scaled].map((responses) => run(batchOf(responses), { stdEps: 0 }).advantages);
        a.forEach((value, t) => {
          if (!Number.isNaN(value)) expect(b[t]).toBeCloseTo(value, 9);
        });
      }),
    );
  });
  it('compares a group of one with 0, or gives it none', () => {
    const lone = batchOf([thinker([needed], 1, 1)]);
    for (const a of run(lone).advantages) expect(a).toBeCloseTo(1.1, 5);
    expect([...run(lone, { singletonZero: 1 }).advantages]).toEqual([0, 0, 0]);
  });
  it('keeps groups apart', () => {
    fc.assert(
      fc.property(anyThinkers(), anyThinkers(), (a, b) => {
        const both = run(batchOf(a, b), { rewardMaxLength: LIMIT }).advantages;
        const alone = run(batchOf(a), { rewardMaxLength: LIMIT }).advantages;
        expect([...both.subarray(0, alone.length)]).toEqual([...alone]);
      }),
    );
  });
  it('gives permuted responses the permuted advantage', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const [there, back] = [batchOf(group), batchOf([...group].reverse())];
        const [a, b] = [there, back].map((batch) => run(batch, { rewardMaxLength: LIMIT }).advantages);
        group.forEach((_, i) => {
          const turned = own(back, b, group.length - 1 - i);
          own(there, a, i).forEach((value, t) => expect(value).toBeCloseTo(turned[t], 9));
        });
      }),
    );
  });
});

describe('“every redundant token is pushed down”', () => {
  it('is so exactly where its reward is below the mean of its column', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const { trace, advantages } = run(batchOf(group), { rewardMaxLength: LIMIT });
        advantages.forEach((a, t) => {
          const isRedundant = trace.redundant.values[t] === 1;
          const { needed: plain, down, none, up } = REDUNDANT_CREDIT;
          expect(trace.redundantCredit.values[t]).toBe(!isRedundant ? plain : a < 0 ? down : a > 0 ? up : none);
          if (isRedundant) expect(a < 0).toBe(trace.tokenRewards.values[t] < trace.columnMean.values[t]);
        });
      }),
    );
  });
  it('is false beside a wrong answer: the redundant tokens still have A > 0, less than the needed ones', () => {
    const { advantages, trace } = run(batchOf([thinker([needed, again], 1), thinker([wrong, wrong, wrong], 0)]), {
      rewardMaxLength: LIMIT,
    });
    expect([...trace.redundantCredit.values.subarray(2, 5)]).toEqual([3, 3, 3]);
    expect(advantages[3]).toBeGreaterThan(0);
    // ε apart, two rows always give ±1/√2; with a third, needed tokens get more.
    const three = run(batchOf([thinker([needed, again], 1), thinker([{ length: 5, correct: true }], 1), thinker([wrong], 0)]), {
      rewardMaxLength: LIMIT,
    });
    expect(three.advantages[3]).toBeGreaterThan(0);
    expect(three.advantages[3]).toBeLessThan(three.advantages[7 + 3]);
  });
  it('leaves them alone where all re-check alike', () => {
    const { trace } = run(batchOf([thinker([needed, again], 1), thinker([needed, again], 1)]));
    expect([...trace.redundantCredit.values.subarray(0, 7)]).toEqual([0, 0, 2, 2, 2, 0, 0]);
  });
  it('holds for none of the 86 of the fixture’s mixed groups and for 29 of the 33 of its all-right ones', () => {
    const file = JSON.parse(readFileSync(new URL('../../../tests/fixtures/decs.json', import.meta.url), 'utf8')) as {
      cases: { groups: { responses: { reward: number }[] }[] }[];
    };
    const counts = { mixed: [0, 0], right: [0, 0] };
    runFixture(decsFixture, file).forEach(({ result }, k) => {
      const [spans, advantages] = [result.redundantSpan as number[][][], result.advantages as number[][][]];
      spans.forEach((group, g) =>
        group.forEach(([start, end], i) => {
          const isMixed = new Set(file.cases[k].groups[g].responses.map(({ reward }) => reward)).size > 1;
          for (let t = start; t < end; t++) {
            const count = counts[isMixed ? 'mixed' : 'right'];
            count[0]++;
            if (advantages[g][i][t] < 0) count[1]++;
          }
        }),
      );
    });
    expect(counts).toEqual({ mixed: [86, 0], right: [33, 29] });
  });
});

describe('stages lent to others', () => {
  it('the reward gives a sequence-level advantage the mean over the response', () => {
    const batch = batchOf([thinker([needed, again], 1), thinker([needed], 1)]);
    const mix = { reward: decs };
    const { trace, advantages } = creditBatch(batch, composeMethod(grpo, mix), { ...defaultKnobs(grpo, mix), rewardMaxLength: LIMIT });
    expect(trace.totalReward.values[0]).toBeCloseTo((4 * 1.1 + 3 * (1 + (0.1 * 17) / 24)) / 7, 12);
    // Everything in the longer answer is pushed down, its needed tokens too.
    expect(advantages.subarray(0, 7).every((a) => a < 0)).toBe(true);
  });
  it('the advantage of plain rewards is GRPO’s', () => {
    fc.assert(
      fc.property(anyThinkers(), (group) => {
        const batch = batchOf(group);
        const mix = { reward: grpo };
        const mixed = creditBatch(batch, composeMethod(decs, mix), { ...defaultKnobs(decs, mix), curriculum: 0 });
        const plain = creditBatch(batch, composeMethod(grpo), defaultKnobs(grpo));
        mixed.advantages.forEach((a, t) => expect(a).toBeCloseTo(plain.advantages[t], 9));
      }),
    );
  });
});

describe('the curriculum', () => {
  const mixedGroup = () => [thinker([wrong, needed], 1), thinker([wrong], 0)];
  const easyGroup = () => [thinker([needed, again], 1), thinker([needed], 1)];
  const wrongGroup = () => [thinker([wrong], 0), thinker([wrong], 0)];
  /** 4 mixed, 4 easy, 2 all wrong. */
  const batch: RolloutBatch = {
    ...batchOf(...Array.from({ length: 4 }, mixedGroup), ...Array.from({ length: 4 }, easyGroup), wrongGroup(), wrongGroup()),
    draw: { seed: 5, step: 3 },
  };
  const at = (state: MethodState, changes: Partial<RolloutBatch> = {}, knobs: Record<string, number> = {}) =>
    creditBatch({ ...batch, ...changes, trainedWith: { method: 'decs', knobs: {}, state } }, composed, { ...defaultKnobs(decs), ...knobs });
  const easyKept = (state: MethodState, changes: Partial<RolloutBatch> = {}) => sum(at(state, changes).kept.subarray(4, 8));

  it('keeps mixed groups, drops all-wrong ones, and before its first step all-right ones', () => {
    expect([...at(null).kept]).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(
      at(null)
        .advantages.subarray(at(null).advantages.length - 2)
        .every(Number.isNaN),
    ).toBe(true);
  });
  it('leaves the groups that it keeps as they are without the others', () => {
    const dropped = easyGroup();
    const kept = [...mixedGroup(), thinker([needed, again], 1)];
    const both = creditBatch(batchOf(dropped, kept), composed, { ...defaultKnobs(decs), rewardMaxLength: LIMIT });
    expect([...both.kept]).toEqual([0, 1]);
    const from = batchOf(dropped).tokens.length;
    expect([...both.advantages.subarray(from)]).toEqual([...run(batchOf(kept), { rewardMaxLength: LIMIT }).advantages]);
  });
  it('is every group where it is switched off', () => {
    expect([...at({ kappa: 0.3 }, {}, { curriculum: 0 }).kept]).toEqual(Array(10).fill(1));
  });
  it.each([
    [-0.1, 0, 0, 0],
    [0, 0, 0, 0],
    [0.19, 0, 0, 1],
    // ⌊0.2 · 4/0.8⌋ is 1 in decimals; 4 · 0.25 in binary too
    [0.2, 1, 1, 1],
    [0.35, 2, 2, 1],
    [0.65, 7, 4, 1],
    [1, 4, 4, 2],
    [1.5, 4, 4, 2],
  ])('at κ = %s wants ⌊4κ/(1 − κ)⌋ = %s easy groups and has %s', (kappa, wanted, kept, rule) => {
    expect(at({ kappa }).trace.easyRule.values[0]).toBe(rule);
    expect(at({ kappa }).trace.easyWanted.values[0]).toBe(wanted);
    expect(easyKept({ kappa })).toBe(kept);
    expect([...at({ kappa }).kept.subarray(0, 4), ...at({ kappa }).kept.subarray(8)]).toEqual([1, 1, 1, 1, 0, 0]);
  });
  it('draws them by the batch’s place alone, and elsewhere others', () => {
    const chosen = (step: number) => [...at({ kappa: 0.35 }, { draw: { seed: 5, step } }).kept].join('');
    expect(chosen(3)).toBe(chosen(3));
    expect(new Set(Array.from({ length: 20 }, (_, step) => chosen(step))).size).toBeGreaterThan(3);
  });
  it('moves κ by the change of the mean NRP ratio; the first batch only stores it', () => {
    const next = (state: MethodState, b: RolloutBatch = batch) => decs.nextState?.({ batch: b, knobs: defaultKnobs(decs), state });
    // Mixed groups: 1 each. Easy groups: 1/2 and 1.
    const mean = (4 * 1 + 4 * 0.5 + 4 * 1) / 12;
    expect(next(null)).toEqual({ kappa: 0, meanNrpRatio: mean });
    const moved = next({ kappa: 0.1, meanNrpRatio: 0.6 }) as { kappa: number };
    expect(moved.kappa).toBeCloseTo(0.1 + 0.2 * (mean - 0.6), 12);
    expect(at({ kappa: 0.1, meanNrpRatio: 0.6 }).trace.kappaNext.values[0]).toBe(moved.kappa);
    const hopeless = batchOf(wrongGroup());
    expect(next({ kappa: 0.1, meanNrpRatio: 0.6 }, hopeless)).toEqual({ kappa: 0.1, meanNrpRatio: 0.6 });
  });
  it('adds up: κ is η times the rise of the ratio since the first batch, so at most 0.2 with the paper’s η', () => {
    const one = (chunks: number, place: number) =>
      batchOf([
        thinker(
          Array.from({ length: chunks }, (_, c) => ({ length: 1, correct: c === place })),
          1,
        ),
      ]);
    const batches = [one(4, 0), one(4, 2), one(3, 0), one(2, 1)];
    let state: MethodState = null;
    for (const b of batches) state = decs.nextState?.({ batch: b, knobs: defaultKnobs(decs), state }) ?? null;
    expect(state?.kappa).toBeCloseTo(0.2 * (1 - 0.25), 12);
  });
});
