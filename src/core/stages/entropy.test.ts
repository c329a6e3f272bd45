import { describe, expect, it } from 'vitest';
import { exp } from '../math.ts';
import { adaptiveClip } from './adaptiveClip.ts';
import { entropySignal, entropyStatistics } from './entropySignal.ts';
import { entropyOf, entropyTemperature, entropyTemperatureSampling } from './entropyTemperature.ts';
import { redistribute } from './redistribution.ts';
import { temperatureSampling } from './temperatureSampling.ts';

/** Entropies whose logs are the given numbers. */
const fromLogs = (...x: number[]) => Float64Array.from(x, exp);

describe('the entropy signal', () => {
  // x = −4 … 0: the 0.5-quantile is −2, z ∝ −2 −1 0 1 2
  const entropies = fromLogs(-4, -3, -2, -1, 0);
  it('is 0 at the pivot, 1 for the most uncertain and −1 for the most certain token', () => {
    const { h } = entropySignal(entropies, 0.5, -1);
    expect([...h].map((x) => Number(x.toFixed(12)))).toEqual([-1, -0.5, 0, 0.5, 1]);
  });
  it('with the released sign counts the most certain like the most uncertain', () => {
    const { h, lowScale, scaleNeg } = entropySignal(entropies, 0.5, 1);
    expect([...h].map((x) => Number(x.toFixed(12)))).toEqual([1, 0.5, 0, 0.5, 1]);
    expect(lowScale).toBe(scaleNeg);
  });
  it('keeps the pivot, the root mean square about it and both scales', () => {
    const { median, std, scalePos, scaleNeg } = entropyStatistics(fromLogs(-3, -2, -1, 2), 0.5);
    // index round(1.5) = 2: m = −1; squares 4 1 0 9 → s = √(14/4)
    const s = Math.sqrt(3.5);
    expect(median).toBeCloseTo(-1, 14);
    expect(std).toBeCloseTo(s, 14);
    expect(scalePos).toBeCloseTo(s / 3, 14);
    expect(scaleNeg).toBeCloseTo(-s / 2, 14);
  });
  it('is 0 everywhere when all entropies are equal', () => {
    const { h, std } = entropySignal(fromLogs(-1, -1, -1), 0.8, -1);
    expect([...h].every((x) => x === 0)).toBe(true);
    expect(std).toBe(0);
  });
  it('floors an entropy of 0 at 1e-8', () => {
    expect([...entropyStatistics(Float64Array.of(0, 1e-8, 1), 0).z].slice(0, 2)).toEqual([0, 0]);
  });
  it('floors the scales where one side is empty', () => {
    expect(entropyStatistics(fromLogs(-2, -1), 1).scalePos).toBe(1e8);
    expect(entropyStatistics(fromLogs(-2, -1), 0).scaleNeg).toBe(-1e8);
  });
});

describe('the temperature of a token', () => {
  // pivot −1, s = 2 − 1e-6 so that s + 1e-6 = 2
  const statistics = { median: -1, std: 2 - 1e-6, scalePos: 2, scaleNeg: -0.5 };
  const knobs = { temperature: 0.8, temperatureTau: 0.1, temperatureRule: 0, lowSign: 0 };
  it('rises with h above the pivot and falls below it', () => {
    // x = −0.4: z = 0.3, h = 0.6; x = −3: z = −1, h = −0.5
    expect(entropyTemperature(exp(-0.4), statistics, knobs).h).toBeCloseTo(0.6, 12);
    expect(entropyTemperature(exp(-0.4), statistics, knobs).temperature).toBeCloseTo(0.8 * 1.06, 12);
    expect(entropyTemperature(exp(-3), statistics, knobs).h).toBeCloseTo(-0.5, 12);
    expect(entropyTemperature(exp(-3), statistics, knobs).temperature).toBeCloseTo(0.8 * 0.95, 12);
  });
  it('with the released sign draws confident tokens hotter too', () => {
    expect(entropyTemperature(exp(-3), statistics, { ...knobs, lowSign: 1 }).h).toBeCloseTo(0.5, 12);
  });
  it('clamps h to [−1, 1]', () => {
    expect(entropyTemperature(exp(3), statistics, knobs).h).toBe(1);
    expect(entropyTemperature(exp(-9), statistics, knobs).h).toBe(-1);
  });
  it('takes z unscaled and unclamped under eq. 8, and floors the entropy at 1e-6', () => {
    const paper = { ...knobs, temperatureRule: 1, lowSign: 1 };
    expect(entropyTemperature(exp(3), statistics, paper).h).toBeCloseTo(2, 12);
    expect(entropyTemperature(exp(-3), statistics, paper).temperature).toBeCloseTo(0.8 * 0.9, 12);
    expect(entropyTemperature(0, statistics, paper).h).toBeCloseTo((Math.log(1e-6) + 1) / 2, 12);
  });
  it('never reaches a temperature of 0', () => {
    expect(entropyTemperature(0, statistics, { ...knobs, temperatureRule: 1, temperatureTau: 0.5 }).temperature).toBe(0.05);
  });
  it('is T_base in the first step, when there are no statistics', () => {
    const out = new Float64Array(2);
    const logits = Float64Array.of(1, 2);
    expect(entropyTemperatureSampling.transform({ logits, out, knobs, state: null })).toMatchObject({
      temperature: 0.8,
      trace: { drawSignal: 0 },
    });
    expect([...out]).toEqual([1 / 0.8, 2 / 0.8]);
    expect(entropyTemperatureSampling.transform({ logits, out, knobs, state: { other: 1 } }).temperature).toBe(0.8);
  });
  it('divides the logits by the temperature that it reports', () => {
    const out = new Float64Array(3);
    const logits = Float64Array.of(2, 0, -1);
    const { temperature, trace } = entropyTemperatureSampling.transform({ logits, out, knobs, state: statistics });
    expect(trace.drawEntropy).toBe(entropyOf(logits));
    expect(temperature).toBe(entropyTemperature(entropyOf(logits), statistics, knobs).temperature);
    expect([...out]).toEqual([2 / temperature, 0, -1 / temperature]);
  });
});

describe('entropy of a distribution', () => {
  it('is ln n for n equal logits, 0 for a certain token', () => {
    expect(entropyOf([3, 3, 3, 3])).toBeCloseTo(Math.log(4), 14);
    expect(entropyOf([0, -Infinity])).toBe(0);
    expect(entropyOf([2000, 0])).toBe(0);
  });
  it('is −Σ p log p', () => {
    // p = ¾, ¼
    expect(entropyOf([Math.log(3), 0])).toBeCloseTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 14);
  });
});

describe('plain sampling', () => {
  it('divides the logits by T', () => {
    const out = new Float64Array(2);
    expect(temperatureSampling.transform({ logits: Float64Array.of(1, -3), out, knobs: { temperature: 2 }, state: null }).temperature).toBe(
      2,
    );
    expect([...out]).toEqual([0.5, -1.5]);
  });
});

describe('adaptive clip', () => {
  const knobs = { clipLow: 0.2, clipHigh: 0.4, clipAlpha: 0.5, adaptiveClip: 1 };
  it('widens the upper bound for h > 0, the lower for h ≤ 0, never both', () => {
    const { low, high } = adaptiveClip(Float64Array.of(1, 0.5, 0, -0.5, -1), knobs);
    expect([...high].map((x) => Number(x.toFixed(12)))).toEqual([0.6, 0.5, 0.4, 0.4, 0.4]);
    expect([...low].map((x) => Number(x.toFixed(12)))).toEqual([0.2, 0.2, 0.2, 0.25, 0.3]);
  });
  it('is constant when it is off', () => {
    const { low, high } = adaptiveClip(Float64Array.of(1, -1), { ...knobs, adaptiveClip: 0 });
    expect([...low, ...high]).toEqual([0.2, 0.2, 0.4, 0.4]);
  });
});

describe('redistribution', () => {
  const knobs = { advBeta: 1, adaptiveAdvantage: 1 };
  const one = (h: number, ratio: number, changes: Record<string, number> = {}) =>
    redistribute(
      Float64Array.of(-2),
      Float64Array.of(h),
      Float64Array.of(ratio),
      { low: Float64Array.of(0.2), high: Float64Array.of(0.4) },
      { ...knobs, ...changes },
    )[0];
  it('amplifies uncertain tokens outside the neutral zone (0.9, 1.2)', () => {
    expect([one(0.5, 0.89), one(0.5, 0.95), one(0.5, 1), one(0.5, 1.15), one(0.5, 1.21)]).toEqual([-3, -2, -2, -2, -3]);
  });
  it('damps confident tokens inside it', () => {
    expect([one(-0.5, 0.89), one(-0.5, 0.95), one(-0.5, 1), one(-0.5, 1.15), one(-0.5, 1.21)]).toEqual([-2, -1, -1, -1, -2]);
    expect(0 + one(-1, 1)).toBe(0);
  });
  it('is open at both ends of the zone', () => {
    expect([one(0.5, 0.9), one(0.5, 1.2), one(-0.5, 0.9), one(-0.5, 1.2)]).toEqual([-3, -3, -2, -2]);
  });
  it('scales with β, and does nothing at h = 0 or when it is off', () => {
    expect([one(0.5, 2, { advBeta: 0.5 }), one(0, 1), one(0, 2), one(0.5, 2, { adaptiveAdvantage: 0 })]).toEqual([-2.5, -2, -2, -2]);
  });
});
