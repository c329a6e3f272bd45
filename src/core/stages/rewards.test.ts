import { describe, expect, it } from 'vitest';
import { STREAM, streamAt } from '../random.ts';
import { loadTask, TASKS } from '../tasks/index.ts';
import { batchOf } from '../testBatch.ts';
import { dynamicFilter, groupMetricStd } from './dynamicFilter.ts';
import { OVERLONG_KNOBS, overlongPenalty, overlongShaping } from './overlongShaping.ts';
import { terminalReward } from './terminalReward.ts';

const PLAIN = { klInRewardCoef: 0, klInRewardType: 0 };
const batch = batchOf([
  { tokens: [1, 2], reward: 1, oldLogprobs: [-1, -2], refLogprobs: [-1.5, -1] },
  { tokens: [3], reward: -2, oldLogprobs: [-0.5], refLogprobs: [-0.5] },
]);

describe('terminal reward', () => {
  it('stands on the last token of each response', () => {
    const { streams, total, trace } = terminalReward({ batch, knobs: PLAIN, state: null });
    expect([...streams.reward]).toEqual([0, 1, -2]);
    expect([...total]).toEqual([1, -2]);
    expect(Object.keys(streams)).toEqual(['reward']);
    expect([...trace.tokenRewards.values]).toEqual([0, 1, -2]);
    expect([...trace.reward.values]).toEqual([1, -2]);
    expect([...trace.totalReward.values]).toEqual([1, -2]);
  });
  it('pays the KL between the sampling policy and the reference on every token', () => {
    const { streams, total, trace } = terminalReward({ batch, knobs: { klInRewardCoef: 0.1, klInRewardType: 0 }, state: null });
    // k1 = old − ref: 0.5, −1, 0
    expect([...streams.kl]).toEqual([-0.05, 0.1, -0]);
    expect([...trace.tokenRewards.values]).toEqual([-0.05, 1.1, -2]);
    expect(total[0]).toBeCloseTo(1.05, 15);
    expect(trace.totalReward.values).toEqual(total);
    expect([...trace.reward.values]).toEqual([1, -2]);
    expect([...trace.klReward.values]).toEqual([...streams.kl]);
  });
  it('takes the estimator that the knob names', () => {
    const { streams } = terminalReward({ batch, knobs: { klInRewardCoef: 2, klInRewardType: 2 }, state: null });
    expect([...streams.kl]).toEqual([-0.25, -1, -0]);
  });
  it('names the reference log-probs where they are missing', () => {
    expect(() =>
      terminalReward({ batch: batchOf([{ tokens: [1], reward: 1 }]), knobs: { klInRewardCoef: 1, klInRewardType: 0 }, state: null }),
    ).toThrow('refLogprobs');
  });
});

describe('overlong penalty', () => {
  it('starts, at its defaults, beyond what the answers of any task need', async () => {
    const [limit, buffer] = ['overlongMaxLength', 'overlongBuffer'].map(
      (id) => OVERLONG_KNOBS.find((knob) => knob.id === id)?.default ?? 0,
    );
    for (const { id } of TASKS) {
      const task = await loadTask(id);
      const prompt = task.samplePrompt(streamAt(1, STREAM.prompts));
      expect(task.maxTokens, id).toBeLessThanOrEqual(limit);
      const lengths = Array.from({ length: 200 }, (_, seed) => task.demonstrate(prompt, streamAt(seed, STREAM.demonstrations)).length);
      expect(Math.min(...lengths), id).toBeLessThanOrEqual(limit - buffer);
    }
  });

  it('is 0 up to the buffer, then falls to −factor at the limit and on below it', () => {
    expect([14, 16, 17, 18, 20, 22].map((length) => 0 + overlongPenalty(length, 20, 4, 1))).toEqual([0, 0, -0.25, -0.5, -1, -1.5]);
    expect(overlongPenalty(18, 20, 4, 2)).toBe(-1);
  });
  it('shapes the reward that the advantage reads', () => {
    const knobs = { ...PLAIN, overlong: 1, overlongMaxLength: 2, overlongBuffer: 2, overlongFactor: 1 };
    const { streams, total, trace } = overlongShaping({ batch, knobs, state: null });
    expect([...total]).toEqual([0, -2.5]);
    expect([...streams.reward]).toEqual([0, 0, -2.5]);
    expect([...trace.overlongPenalty.values]).toEqual([-1, -0.5]);
    expect([...trace.shapedReward.values]).toEqual([0, -2.5]);
    expect([...overlongShaping({ batch, knobs: { ...knobs, overlong: 0 }, state: null }).total]).toEqual([1, -2]);
  });
});

describe('dynamic sampling', () => {
  const response = (reward: number, accuracy?: number) => ({ tokens: [1], reward, ...(accuracy === undefined ? {} : { accuracy }) });
  const groups = batchOf(
    [response(1), response(0)],
    [response(1), response(1)],
    [response(0)],
    [response(1, 0), response(0, 0)],
    [response(0.1), response(0.1), response(0.1)],
  );
  it('takes the population std of the raw accuracy', () => {
    expect([...groupMetricStd(groups)]).toEqual([0.5, 0, 0, 0, 1.3877787807814457e-17]);
  });
  it('keeps groups with spread, lone samples, and the rounding of three tenths', () => {
    const { keep, trace } = dynamicFilter({ batch: groups, knobs: { dynamicSampling: 1 }, state: null });
    expect([...keep]).toEqual([1, 0, 1, 0, 1]);
    expect([...trace.groupVaries.values]).toEqual([1, 0, 1, 0, 1]);
    expect([...trace.groupMetricStd.values].slice(0, 2)).toEqual([0.5, 0]);
  });
  it('keeps all when it is off, and still says which vary', () => {
    const { keep, trace } = dynamicFilter({ batch: groups, knobs: { dynamicSampling: 0 }, state: null });
    expect([...keep]).toEqual([1, 1, 1, 1, 1]);
    expect([...trace.groupVaries.values]).toEqual([1, 0, 1, 0, 1]);
  });
});
