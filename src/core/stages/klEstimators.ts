import { exp } from '../math.ts';
import { clamp } from '../stats.ts';
import type { KL_TYPES } from './lossKnobs.ts';

export type KlType = (typeof KL_TYPES)[number];

export interface KlClamps {
  /** Bound of the exponent of k3. */
  log: number;
  /** Bound of the value of k3. */
  value: number;
  /** Bound of every estimator's value (OpenRLHF, 10); none by default. */
  every?: number;
}

/** verl's bounds [core_algos.py:2187]. */
export const VERL_CLAMPS: KlClamps = { log: 20, value: 10 };
/** TRL's k3 has none. */
export const NO_CLAMPS: KlClamps = { log: Infinity, value: Infinity };
/** OpenRLHF clamps every value and nothing inside [models/utils.py:64]. */
export const OPENRLHF_CLAMPS: KlClamps = { log: Infinity, value: Infinity, every: 10 };

/** Value of an estimator and its derivative by the current log-prob. */
export interface KlEstimate {
  value: number;
  slope: number;
}

function plain(type: 'k1' | 'abs' | 'k2' | 'k3', x: number, clamps: KlClamps): KlEstimate {
  switch (type) {
    case 'k1':
      return { value: x, slope: 1 };
    case 'abs':
      return { value: Math.abs(x), slope: Math.sign(x) };
    case 'k2':
      return { value: 0.5 * x * x, slope: x };
    case 'k3': {
      const inner = clamp(-x, -clamps.log, clamps.log);
      const e = exp(inner);
      const raw = e - 1 - inner;
      const isClamped = inner !== -x || Math.abs(raw) > clamps.value;
      return { value: clamp(raw, -clamps.value, clamps.value), slope: isClamped ? 0 : 1 - e };
    }
  }
}

/**
 * One token's estimate of KL(π‖reference) from x = log π − log π_ref (Schulman 2020): k1 = x, abs = |x|, k2 = x²/2,
 * k3 = e^−x − 1 + x. With `+` the value is the estimator's and the gradient that of k2 (straight-through, verl).
 */
export function klEstimate(type: KlType, x: number, clamps: KlClamps): KlEstimate {
  const isStraightThrough = type.endsWith('+');
  const { value, slope } = plain((isStraightThrough ? type.slice(0, 2) : type) as 'k1' | 'abs' | 'k2' | 'k3', x, clamps);
  const every = clamps.every ?? Infinity;
  return { value: clamp(value, -every, every), slope: isStraightThrough ? x : slope };
}
