import { beforeAll, describe, expect, it } from 'vitest';
import type { RolloutBatch } from './batch.ts';
import { groupTokens, sliceGroups } from './batchSlice.ts';
import { METHODS } from './methods/index.ts';
import {
  composeMethod,
  computeUpdate,
  creditBatch,
  defaultKnobs,
  knobsOf,
  missingNeeds,
  prepareCredit,
  replaySampling,
} from './pipeline.ts';
import { STREAM, uniformAt } from './random.ts';
import { BASE_STAGES } from './stages/base.ts';
import { requireField } from './stages/fields.ts';
import type { LossStage, Method } from './stages/types.ts';
import { batchOf, furnish, seededBatch, withRatios, withUpdates } from './testBatch.ts';
import { perToken } from './trace.ts';

const methods: Record<string, Method> = {};
beforeAll(async () => {
  for (const entry of METHODS) methods[entry.id] = await entry.load();
});

/** Trains as the trainer does: the coefficients of each recorded update, from `computeUpdate`. */
function train(batch: RolloutBatch, method: Method, knobs: Record<string, number>): RolloutBatch {
  const composed = composeMethod(method);
  const { kept, rewards, advantages } = prepareCredit({ batch, composed, knobs, state: null });
  const updates = batch.updates.map((update, k) => {
    const groups = update.groups.filter((g) => kept[g] === 1);
    const whole = sliceGroups(batch, update.groups).tokenIndex;
    const own = sliceGroups(batch, groups).tokenIndex;
    const pick = (values: Float64Array) => Float64Array.from(own, (t) => values[whole.indexOf(t)]);
    const logprobs = pick(update.logprobs);
    const entropies = pick(update.entropies);
    const { loss, gradLogprobs } = computeUpdate({
      batch,
      composed,
      knobs,
      state: null,
      groups,
      update: k,
      rewards,
      advantages,
      logprobs,
      entropies,
    });
    return { ...update, groups, logprobs, entropies, loss, gradLogprobs };
  });
  return { ...batch, updates, trainedWith: { method: method.meta.id, knobs, state: null } };
}

describe('credit under the trained method', () => {
  it.each(METHODS.map(({ id }) => id))('%s: recomputed coefficients are the stored ones, to the bit, at every update', (id) => {
    const method = methods[id];
    const knobs = { ...defaultKnobs(method), klCoef: 0.05 };
    const batch = train(withUpdates(furnish(seededBatch(4, 4, 5))), method, knobs);
    const composed = composeMethod(method);
    for (const [k, update] of batch.updates.entries()) {
      const credit = creditBatch(batch, composed, knobs, { update: k });
      const { tokenIndex } = sliceGroups(batch, update.groups);
      tokenIndex.forEach((t, i) => {
        expect(credit.tokenUpdate[t]).toBe(k);
        expect(credit.credit[t]).toBe(0 - tokenIndex.length * update.gradLogprobs[i]);
        expect(credit.trace.gradLogprobs.values[t]).toBe(update.gradLogprobs[i]);
      });
      expect(creditBatch(batch, composed, knobs, { update: k }).loss).toBe(update.loss);
    }
  });
});

describe('which update is shown', () => {
  const batch = withUpdates(seededBatch(4, 2, 3));
  it('is the last that held the token', () => {
    const { tokenUpdate } = creditBatch(batch, composeMethod(methods.grpo), defaultKnobs(methods.grpo));
    // epoch 0: groups 0 2 | 1 3; epoch 1: 1 3 | 0 2
    expect([...tokenUpdate.filter((_, t) => t % 6 === 0)]).toEqual([3, 2, 3, 2]);
  });
  it('is the latest up to k, and none before the first: the ratio is then 1', () => {
    const { tokenUpdate, trace } = creditBatch(batch, composeMethod(methods.grpo), defaultKnobs(methods.grpo), { update: 0 });
    expect([...tokenUpdate.filter((_, t) => t % 6 === 0)]).toEqual([0, -1, 0, -1]);
    expect(trace.ratio.values[6]).toBe(1);
    expect(creditBatch(batch, composeMethod(methods.grpo), defaultKnobs(methods.grpo), { update: 2 }).tokenUpdate[0]).toBe(0);
  });
  it('is the whole batch at its own log-probs where nothing was recorded', () => {
    const plain = batchOf(
      withRatios([
        { tokens: [1], reward: 1, ratios: [1.1] },
        { tokens: [2], reward: 0, ratios: [0.9] },
      ]),
    );
    const { trace, tokenUpdate } = creditBatch(plain, composeMethod(methods.grpo), defaultKnobs(methods.grpo));
    expect(trace.ratio.values[0]).toBeCloseTo(1.1, 12);
    expect([...tokenUpdate]).toEqual([-1, -1]);
    const { logprobs: _, ...fields } = plain.fields;
    expect(creditBatch({ ...plain, fields }, composeMethod(methods.grpo), defaultKnobs(methods.grpo)).trace.ratio.values[0]).toBe(1);
  });
});

describe('credit', () => {
  it('is the advantage for token-mean GRPO at ratio 1, and 0 with a mark where the clip holds', () => {
    const knobs = { ...defaultKnobs(methods.grpo), aggMode: 0 };
    const batch = batchOf(
      withRatios([
        { tokens: [1, 2], reward: 1, ratios: [1, 1.5] },
        { tokens: [3], reward: 0, ratios: [1] },
      ]),
    );
    const { credit, advantages, clipState } = creditBatch(batch, composeMethod(methods.grpo), knobs);
    expect(credit[0]).toBeCloseTo(advantages[0], 12);
    expect(credit[2]).toBeCloseTo(advantages[2], 12);
    expect(credit[1]).toBe(0);
    expect([...clipState]).toEqual([0, 1, 0]);
  });
  it('has no number on the tokens of a dropped group, which leaves every mean', () => {
    const lively = withRatios([
      { tokens: [1, 2], reward: 1, ratios: [1, 1] },
      { tokens: [3], reward: 0, ratios: [1] },
    ]);
    const silent = withRatios([
      { tokens: [1], reward: 1, ratios: [1] },
      { tokens: [2], reward: 1, ratios: [1] },
    ]);
    const composed = composeMethod(methods.dapo);
    const knobs = defaultKnobs(methods.dapo);
    const alone = creditBatch(batchOf(lively), composed, knobs);
    const both = creditBatch(batchOf(silent, lively), composed, knobs);
    expect([...both.kept]).toEqual([0, 1]);
    expect([...both.credit]).toEqual([NaN, NaN, ...alone.credit]);
    expect([...both.advantages]).toEqual([NaN, NaN, ...alone.advantages]);
    expect(both.loss).toBe(alone.loss);
    expect([...both.trace.tokenCount.values]).toEqual([NaN, NaN, 3, 3, 3]);
    expect([...both.trace.groupMean.values]).toEqual([NaN, 0.5]);
  });
  it('is empty where every group is dropped', () => {
    const silent = withRatios([
      { tokens: [1], reward: 1, ratios: [1] },
      { tokens: [2], reward: 1, ratios: [1] },
    ]);
    const { credit, loss } = creditBatch(batchOf(silent), composeMethod(methods.dapo), defaultKnobs(methods.dapo));
    expect([...credit]).toEqual([NaN, NaN]);
    expect(loss).toBe(0);
  });
  it('leaves a group out of minibatches that another method trained on', () => {
    const batch = withUpdates(seededBatch(4, 2, 3));
    const responses = batch.responses.map((r) => ({ ...r, reward: r.group === 0 ? 1 : r.start % 2 }));
    const { kept, credit, trace } = creditBatch({ ...batch, responses }, composeMethod(methods.dapo), defaultKnobs(methods.dapo));
    expect([...kept]).toEqual([0, 1, 1, 1]);
    expect(Number.isNaN(credit[0])).toBe(true);
    // group 2 is alone in its minibatch now, with its own recorded log-probs
    expect(trace.tokenCount.values[12]).toBe(6);
    const record = batch.updates[3];
    expect(trace.logprobs.values[12]).toBe(record.logprobs[6]);
    expect([...trace.logprobs.values.subarray(12, 18)]).toEqual([...record.logprobs.subarray(6)]);
  });
  it('adds the pull of the KL term', () => {
    const knobs = { ...defaultKnobs(methods.grpo), aggMode: 0, klCoef: 0.5, klType: 2 };
    const batch = batchOf([
      { tokens: [1], reward: 1, refLogprobs: [-2] },
      { tokens: [2], reward: 1, refLogprobs: [-1] },
    ]);
    const { credit, trace, loss } = creditBatch(batch, composeMethod(methods.grpo), knobs);
    // no advantage; k2 slope = x = 1 on the first token
    expect([...credit]).toEqual([-0.5, 0]);
    expect(loss).toBeCloseTo((0.5 * 0.5) / 2, 12);
    expect([...trace.tokenObjective.values]).toEqual([0.25, 0]);
  });
});

describe('composing methods', () => {
  it('takes a stage and its knobs from another method', () => {
    const mix = { sampling: methods.hapo, loss: methods.dapo };
    const composed = composeMethod(methods.grpo, mix);
    expect(composed.suppliers).toEqual({ sampling: 'hapo', reward: null, advantage: 'grpo', loss: 'dapo', regulariser: null });
    expect(composed.stages.sampling).toBe(methods.hapo.stages.sampling);
    expect(composed.nextState).toBe(methods.hapo.nextState);
    const knobs = defaultKnobs(methods.grpo, mix);
    expect(knobs).toMatchObject({ clipHigh: 0.28, clipC: 10, aggMode: 0, entropyPivot: 0.8, temperatureTau: 0.05, dynamicSampling: 1 });
    expect(knobs.clipAlpha).toBeUndefined();
    expect(knobsOf(methods.grpo, mix).filter(({ id }) => id === 'aggMode')).toHaveLength(1);
  });
  it('fills the base in for stages that a method leaves alone', () => {
    const composed = composeMethod(methods.tempo);
    expect(composed.suppliers).toEqual({ sampling: null, reward: null, advantage: 'tempo', loss: null, regulariser: null });
    expect(composed.nextState).toBeUndefined();
    expect(composeMethod(methods.tempo, { advantage: methods.dapo }).suppliers.advantage).toBeNull();
  });
  it('lists knobs by stage, each once', () => {
    for (const method of Object.values(methods)) {
      const ids = knobsOf(method).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const order = knobsOf(method).map(({ stage }) => ['sampling', 'reward', 'advantage', 'loss', 'regulariser'].indexOf(stage));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });
  describe('each stage of each method', () => {
    const STAGES = ['sampling', 'reward', 'advantage', 'loss', 'regulariser'] as const;
    /** The loss alone, the advantage alone, all but the regulariser; and those that leave the policy as it is, since a mix of both kinds is refused. */
    const PARTNERS = ['cispo', 'tempo', 'prime', 'vas', 'zip-rc'];
    const batch = withUpdates(furnish(seededBatch(2, 4, 4)));
    const isCredited = (host: Method, stage: (typeof STAGES)[number], lender: Method) => {
      const mix = { [stage]: lender };
      const { credit } = creditBatch(batch, composeMethod(host, mix), defaultKnobs(host, mix));
      expect(credit.every(Number.isFinite), `${host.meta.id} with the ${stage} of ${lender.meta.id}`).toBe(true);
    };
    it.each(METHODS.map(({ id }) => id))('%s: is lent to others, and takes theirs in its place', (id) => {
      const method = methods[id];
      const partners = PARTNERS.map((partner) => methods[partner]).filter(({ trains }) => trains === method.trains);
      for (const partner of partners) {
        for (const stage of STAGES) {
          // Where it overrides nothing it lends the base, as the partners do.
          if (method.stages[stage]) isCredited(partner, stage, method);
          isCredited(method, stage, partner);
        }
      }
    });
  });
});

describe('what a batch lacks', () => {
  const bare = batchOf([{ tokens: [1], reward: 1 }]);
  it('is named', () => {
    expect(missingNeeds(bare, methods.grpo)).toEqual([]);
    expect(missingNeeds(bare, methods.hapo)).toEqual(['entropies']);
    expect(missingNeeds({ ...bare, fields: {} }, methods.grpo)).toEqual(['oldLogprobs']);
    expect(missingNeeds({ ...bare, fields: {} }, methods.reinforce)).toEqual(['logprobs']);
    expect(missingNeeds({ ...bare, fields: { oldEntropies: Float64Array.of(1) } }, methods.hapo)).toEqual(['oldLogprobs']);
  });
  it('depends on the knobs', () => {
    const at = (method: Method, knobs: Record<string, number>) => missingNeeds(bare, method, { ...defaultKnobs(method), ...knobs });
    expect(at(methods.grpo, { klCoef: 0.1 })).toEqual(['refLogprobs']);
    expect(at(methods.grpo, { klInRewardCoef: 0.1 })).toEqual(['refLogprobs']);
    expect(at(methods.reinforce, { baseline: 3 })).toEqual(['greedyReward']);
    expect(at(methods.reinforce, { baseline: 2 })).toEqual([]);
    const greedy = { ...bare, groups: bare.groups.map((group) => ({ ...group, greedyReward: 0 })) };
    expect(missingNeeds(greedy, methods.reinforce, { ...defaultKnobs(methods.reinforce), baseline: 3 })).toEqual([]);
  });
  it('knows logits', () => {
    const needy = { ...methods.grpo, needs: ['logits' as const, 'hidden' as const] };
    expect(missingNeeds(bare, needy)).toEqual(['logits', 'hidden']);
    expect(missingNeeds(seededBatch(1, 1, 1), needy)).toEqual(['hidden']);
  });
});

describe('what another sampling would have done', () => {
  const batch = seededBatch(2, 2, 4);
  it('is nothing for plain sampling or without logits', () => {
    expect(replaySampling(batch, composeMethod(methods.grpo), defaultKnobs(methods.grpo))).toEqual({});
    expect(replaySampling({ ...batch, logits: undefined }, composeMethod(methods.hapo), defaultKnobs(methods.hapo))).toEqual({});
  });
  it('takes this batch’s statistics where another method trained, the carried ones where it trained itself', () => {
    const composed = composeMethod(methods.hapo);
    const knobs = defaultKnobs(methods.hapo);
    const others = replaySampling(batch, composed, knobs).wouldTemperature.values;
    expect(others.some((t) => t !== 1)).toBe(true);
    expect(others.every((t) => t >= 0.95 && t <= 1.05)).toBe(true);
    const first = { ...batch, trainedWith: { method: 'hapo', knobs, state: null } };
    expect(replaySampling(first, composed, knobs).wouldTemperature.values.every((t) => t === 1)).toBe(true);
    const state = { median: 5, std: 1, scalePos: 1, scaleNeg: -1 };
    const later = { ...batch, baseTemperature: 0.5, trainedWith: { method: 'hapo', knobs, state } };
    expect(replaySampling(later, composed, knobs).wouldTemperature.values.every((t) => t === 0.5 * 0.95)).toBe(true);
    const blind = { ...batch, fields: { oldLogprobs: batch.fields.oldLogprobs! } };
    expect(replaySampling(blind, composed, knobs).wouldTemperature.values.every((t) => t === 1)).toBe(true);
  });
});

it('slices whole groups with their matrices', () => {
  const batch = seededBatch(3, 2, 2);
  const { batch: slice, tokenIndex, responseIndex } = sliceGroups(batch, [2, 0], { matrices: true });
  expect([...tokenIndex]).toEqual([8, 9, 10, 11, 0, 1, 2, 3]);
  expect([...responseIndex]).toEqual([4, 5, 0, 1]);
  expect(slice.groups.map(({ start, end }) => [start, end])).toEqual([
    [0, 2],
    [2, 4],
  ]);
  expect(slice.responses.map(({ group, start, end }) => [group, start, end])).toEqual([
    [0, 0, 2],
    [0, 2, 4],
    [1, 4, 6],
    [1, 6, 8],
  ]);
  expect([...slice.tokens]).toEqual([...batch.tokens.subarray(8), ...batch.tokens.subarray(0, 4)]);
  expect([...slice.logits!.data.subarray(0, 16)]).toEqual([...batch.logits!.data.subarray(8 * 16, 9 * 16)]);
  expect(sliceGroups(batch, [0]).batch.logits).toBeUndefined();
});

describe('uniform draws of a loss', () => {
  const uniforms: LossStage = (input) => ({
    ...BASE_STAGES.loss(input),
    trace: { uniforms: perToken(requireField(input.batch, 'uniforms')) },
  });
  let drawing: Method;
  beforeAll(() => {
    drawing = { ...methods.grpo, needs: [...methods.grpo.needs, 'uniforms'], stages: { loss: uniforms } };
  });
  const drawn = (batch: RolloutBatch, update: 'last' | number = 'last') =>
    creditBatch(batch, composeMethod(drawing), defaultKnobs(drawing), { update }).trace.uniforms.values;

  it('depend on seed, step, inner update and token, and on nothing else', () => {
    const batch = { ...withUpdates(seededBatch(4, 2, 3), 2, 1), draw: { seed: 5, step: 7 } };
    const last = drawn(batch);
    expect(last[3]).toBe(uniformAt(5, STREAM.tokens, 7, 1, 3));
    expect(drawn(batch, 0)[3]).toBe(uniformAt(5, STREAM.tokens, 7, 0, 3));
    expect(drawn({ ...batch, draw: { seed: 5, step: 8 } })[3]).not.toBe(last[3]);
    const alone = drawn({ ...batch, updates: batch.updates.map((update) => ({ ...update, groups: [1] })) });
    const [start] = groupTokens(batch, 1);
    expect(alone[start]).toBe(last[start]);
  });
  it('are taken as given where the batch has them', () => {
    const batch = seededBatch(2, 2, 3);
    const given = Float64Array.from(batch.tokens, (_, t) => t / 100);
    expect([...drawn({ ...batch, fields: { ...batch.fields, uniforms: given } })]).toEqual([...given]);
  });
});
