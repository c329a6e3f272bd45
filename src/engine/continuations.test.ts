import { beforeAll, describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask, evenValue } from '../../tests/support/evenTask.ts';
import { wilsonInterval } from '../core/metrics/wilson.ts';
import { mean } from '../core/stats.ts';
import { sampleContinuations } from './continuations.ts';
import { createModel } from './createModel.ts';
import { testParameters } from './testBatch.ts';
import type { LanguageModel } from './types.ts';

const T = 0.7;
let model: LanguageModel;
beforeAll(async () => {
  model = await createModel(EVEN_CONFIG);
  model.setParameters(testParameters(EVEN_CONFIG, 5));
});
const draw = (prefixes: number[][], count: number, seed = 1) =>
  sampleContinuations({ model, task: evenTask, prompt: EVEN_PROMPT, prefixes, count, baseTemperature: T, seed });

describe('Wilson’s interval', () => {
  it('by hand: 0, half and all of 10', () => {
    expect(wilsonInterval(0, 10, 2)[0]).toBe(0);
    expect(wilsonInterval(0, 10, 2)[1]).toBeCloseTo(4 / 14, 12);
    const [low, high] = wilsonInterval(5, 10, 2);
    expect(low + high).toBeCloseTo(1, 12);
    // Half-width 2/(1.4) · √(0.025 + 0.01).
    expect(high - 0.5).toBeCloseTo((2 / 1.4) * Math.sqrt(0.035), 12);
    expect(wilsonInterval(10, 10, 2)[1]).toBe(1);
  });
});

describe('continuations', () => {
  it('cover the exact value with their 95 % interval in 90 to 99.5 % of 200 seeds', () => {
    const prefixes = [[], [3], [1, 2]];
    const truth = prefixes.map((prefix) => evenValue(model, T, prefix));
    const covered = prefixes.map(() => 0);
    for (let seed = 0; seed < 200; seed++) {
      draw(prefixes, 32, seed).forEach((rewards, p) => {
        const [low, high] = wilsonInterval(
          rewards.reduce((a, b) => a + b, 0),
          rewards.length,
        );
        if (low <= truth[p] && truth[p] <= high) covered[p]++;
      });
    }
    for (const count of covered) {
      expect(count / 200).toBeGreaterThanOrEqual(0.9);
      expect(count / 200).toBeLessThanOrEqual(0.995);
    }
  });

  it('come closer to the exact value as K grows', () => {
    const errors = [8, 128, 2048].map((count) => Math.abs(mean(draw([[3]], count)[0]) - evenValue(model, T, [3])));
    expect(errors[2]).toBeLessThan(0.03);
    expect(errors[2]).toBeLessThan(Math.max(errors[0], 0.03));
  });

  it('do not depend on what else is asked for, nor on K', () => {
    const [alone] = draw([[1, 2]], 8);
    const together = draw([[2], [1, 2], []], 8);
    expect(together[1]).toEqual(alone);
    expect(draw([[1, 2]], 20)[0].slice(0, 8)).toEqual(alone);
    expect(draw([[1, 2]], 20, 2)[0]).not.toEqual(draw([[1, 2]], 20, 1)[0]);
  });

  it('refuses a prefix that has ended', () => {
    expect(() => draw([[1], [2, 0]], 4)).toThrow('Prefix 2 has ended: it has a reward and no continuation.');
  });
});
