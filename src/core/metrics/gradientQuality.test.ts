import { describe, expect, it } from 'vitest';
import { streamAt } from '../random.ts';
import { cosine, gradientQuality } from './gradientQuality.ts';

describe('cosine and noise by hand', () => {
  it('of two directions and a truth in the plane', () => {
    expect(cosine([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(cosine([0, 0], [1, 1])).toBeNaN();
    // The one product of two different batches is 4·4 − 1 = 15: the expected direction's squared length. A batch has 17: noise 2.
    const quality = gradientQuality([Float64Array.of(4, 1), Float64Array.of(4, -1)], Float64Array.of(3, 4));
    // (12 + 4)/(5√17) and (12 − 4)/(5√17); their mean direction reaches 12/5 along the truth.
    expect(quality.cosine).toBeCloseTo(12 / (5 * Math.sqrt(17)), 12);
    expect(quality.meanCosine).toBeCloseTo(12 / (5 * Math.sqrt(15)), 12);
    expect(quality.signalToNoise).toBeCloseTo(15 / 2, 12);
    expect(quality.bias).toBeCloseTo(1 - 144 / 375, 12);
    expect(quality.variance).toBeCloseTo((144 / 375) * (2 / 15), 12);
    expect(quality.batches).toBe(2);
  });

  it('says nothing of a direction that is not told from 0, of one batch, and of none', () => {
    const opposite = gradientQuality([Float64Array.of(1, 0), Float64Array.of(-1, 0)], Float64Array.of(1, 0));
    expect(opposite).toMatchObject({ cosine: 0, meanCosine: NaN, signalToNoise: NaN });
    expect(gradientQuality([Float64Array.of(1, 1)], Float64Array.of(1, 0))).toMatchObject({ meanCosine: NaN, signalToNoise: NaN });
    expect(gradientQuality([], Float64Array.of(1, 0))).toMatchObject({ cosine: NaN, meanCosine: NaN, batches: 0 });
  });

  it('takes the noise out of the bias: many noisy unbiased batches, and biased ones', () => {
    const random = streamAt(3);
    const around = (centre: number[]) =>
      Array.from({ length: 60 }, () => Float64Array.from({ length: 40 }, (_, i) => (centre[i] ?? 0) + 2 * random.next() - 1));
    const exact = new Float64Array(40);
    exact[0] = 2;
    const unbiased = gradientQuality(around([2]), exact);
    // ‖μ‖² 4 over 40 coordinates of variance ⅓.
    expect(unbiased.signalToNoise).toBeGreaterThan(0.2);
    expect(unbiased.signalToNoise).toBeLessThan(0.4);
    expect(unbiased.cosine).toBeLessThan(0.6);
    expect(unbiased.meanCosine).toBeGreaterThan(0.93);
    const biased = gradientQuality(around([2, 2]), exact);
    expect(biased.meanCosine).toBeGreaterThan(0.6);
    expect(biased.meanCosine).toBeLessThan(0.8);
    const [low, high] = biased.intervals.meanCosine;
    expect(low).toBeLessThan(Math.SQRT1_2);
    expect(high).toBeGreaterThan(Math.SQRT1_2);
  });
});
