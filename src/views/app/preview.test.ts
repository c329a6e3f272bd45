import { describe, expect, it } from 'vitest';
import { entropiesAt } from './preview.ts';

describe('entropies at another temperature', () => {
  it('are ln 2 for two equal logits at any temperature, and 0 for a certain token', () => {
    const logits = { width: 2, data: Float32Array.of(3, 3, 1000, 0) };
    const [even, sure] = entropiesAt(logits, 0.5);
    expect(even).toBeCloseTo(Math.LN2, 12);
    expect(sure).toBe(0);
  });

  it('grow with the temperature as worked out by hand', () => {
    // At T = 2 the logits (2, 0) are (1, 0): p = e/(1+e) = 0.7310586, H = 0.5822032.
    const logits = { width: 2, data: Float32Array.of(2, 0) };
    expect(entropiesAt(logits, 2)[0]).toBeCloseTo(0.5822032, 6);
    // At T = 1: p = 0.8807971, H = 0.3653338.
    expect(entropiesAt(logits, 1)[0]).toBeCloseTo(0.3653338, 6);
  });
});
