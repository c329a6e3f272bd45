/**
 * Elementary functions from plain IEEE double arithmetic, so that every engine and browser gives the same bits.
 * `Math.exp`, `log`, `pow`, `tanh`, `sin` … differ between engines; `+ − × ÷`, `Math.sqrt`, `floor` and `abs` do not.
 * Errors are below 1 ulp for exp and log, and about 1 ulp for the others.
 *
 * exp and log use the algorithm and the minimax coefficients of fdlibm, whose notice is kept:
 *   Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
 *   Developed at SunPro, a Sun Microsystems, Inc. business.
 *   Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
 */

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const INVERSE_LN2 = 1.442695040888963387;

/** 2^k for k = −1022 … 1023 at index k + 1022. */
const POWERS_OF_TWO = (() => {
  const table = new Float64Array(2046);
  table[1022] = 1;
  for (let k = 1; k <= 1023; k++) table[1022 + k] = table[1021 + k] * 2;
  for (let k = -1; k >= -1022; k--) table[1022 + k] = table[1023 + k] / 2;
  return table;
})();

/** y · 2^k, exact or correctly rounded once. */
export function scale(y: number, k: number): number {
  if (k > 1023) return y * POWERS_OF_TWO[2045] * POWERS_OF_TWO[k - 1];
  if (k >= -1021) return y * POWERS_OF_TWO[k + 1022];
  // One rounding only: the first factor keeps y in the normal range.
  return y * POWERS_OF_TWO[k + 1022 + 1000] * POWERS_OF_TWO[22];
}

/** The rational kernel c of exp(r) = 1 + r + r·c/(2 − c), |r| ≤ 0.5 ln 2. */
function expKernel(r: number): number {
  const t = r * r;
  return (
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))))
  );
}

/** e^x. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  if (x !== x) return x;
  const magnitude = x < 0 ? -x : x;
  if (magnitude <= 0.34657359027997264) {
    if (magnitude < 3.725290298461914e-9) return 1 + x;
    const c = expKernel(x);
    return 1 - ((x * c) / (c - 2) - x);
  }
  const k = (INVERSE_LN2 * x + (x < 0 ? -0.5 : 0.5)) | 0;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const c = expKernel(r);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return k >= -1021 && k <= 1023 ? y * POWERS_OF_TWO[k + 1022] : scale(y, k);
}

/** e^x − 1 without cancellation near 0. */
export function expm1(x: number): number {
  if (x !== x) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -38.9) return -1;
  const magnitude = x < 0 ? -x : x;
  if (magnitude <= 0.34657359027997264) {
    if (magnitude < 5.6e-17) return x;
    const c = expKernel(x);
    return x + (x * c) / (2 - c);
  }
  if (x > 38.9) return exp(x) - 1;
  const k = (INVERSE_LN2 * x + (x < 0 ? -0.5 : 0.5)) | 0;
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const c = expKernel(r);
  // 2^k (1 + E) − 1 = 2^k E + (2^k − 1); the last term is exact for |k| ≤ 53, else below half an ulp off.
  const power = POWERS_OF_TWO[k + 1022];
  return power * (high - (low - (r * c) / (2 - c))) + (power - 1);
}

const BITS = new Float64Array(1);
const WORDS = new Uint32Array(BITS.buffer);
/** Index of the word with sign and exponent: 1 on little-endian machines. */
const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;

/** log(1 + f) split as f − rest, for 1 + f in [√½, √2]; `rest` keeps the bits that f would swallow. */
function logRest(f: number, extraLow: number): number {
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd = z * (6.66666666666673513e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const halfSquare = 0.5 * f * f;
  return halfSquare - (s * (halfSquare + (odd + even)) + extraLow);
}

/** Natural logarithm. */
export function log(x: number): number {
  if (x !== x || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let k = 0;
  let normal = x;
  if (x < 2.2250738585072014e-308) {
    normal = x * 18014398509481984;
    k = -54;
  }
  BITS[0] = normal;
  const high = WORDS[HIGH];
  k += (high >>> 20) - 1023;
  const fraction = high & 0xfffff;
  // Above √2 the mantissa is halved, so that 1 + f lies in [√½, √2].
  const carry = (fraction + 0x95f64) & 0x100000;
  WORDS[HIGH] = fraction | (carry ^ 0x3ff00000);
  k += carry >> 20;
  const f = BITS[0] - 1;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
  return k * LN2_HIGH - (logRest(f, k * LN2_LOW) - f);
}

/** log(1 + x) without cancellation near 0. */
export function log1p(x: number): number {
  if (x === Infinity) return x;
  const u = 1 + x;
  if (u === 1 || x !== x) return x;
  if (x > -0.29 && x < 0.41) return x - logRest(x, 0);
  // (x − (u − 1))/u restores what rounding 1 + x lost.
  return u <= 0 ? log(u) : log(u) + (x - (u - 1)) / u;
}

/** Hyperbolic tangent. */
export function tanh(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 22) return x < 0 ? -1 : 1;
  if (magnitude < 1) {
    const t = expm1(-2 * magnitude);
    const value = -t / (t + 2);
    return x < 0 ? -value : value;
  }
  const value = 1 - 2 / (expm1(2 * magnitude) + 2);
  return x < 0 ? -value : value;
}

/** 1 / (1 + e^−x). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}
