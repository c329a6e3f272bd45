/** sin and cos by Cody–Waite reduction and Taylor polynomials; for |x| < 10^6, beyond which the reduction would lose bits. */

const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487959506e-21;
const INVERSE_HALF_PI = 0.6366197723675814;

function factorialReciprocals(first: number): Float64Array {
  const out = new Float64Array(9);
  let factorial = 1;
  for (let n = 1, i = 0; i < out.length; n++) {
    factorial *= n;
    if (n >= first && (n - first) % 2 === 0) out[i++] = 1 / factorial;
  }
  return out;
}

const SINE = factorialReciprocals(3);
const COSINE = factorialReciprocals(4);

/** sin(r + tail), |r| ≤ π/4. */
function sineKernel(r: number, tail: number): number {
  const z = r * r;
  let series = 0;
  for (let i = SINE.length - 1; i >= 0; i--) series = SINE[i] - z * series;
  return r - (z * r * series - tail * (1 - 0.5 * z));
}

/** cos(r + tail), |r| ≤ π/4. */
function cosineKernel(r: number, tail: number): number {
  const z = r * r;
  let series = 0;
  for (let i = COSINE.length - 1; i >= 0; i--) series = COSINE[i] - z * series;
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * z * series - r * tail));
}

function evaluate(x: number, quarterTurns: number): number {
  if (!(Math.abs(x) < 1e6)) return NaN;
  const n = Math.floor(x * INVERSE_HALF_PI + 0.5);
  const first = x - n * HALF_PI_1;
  const second = n * HALF_PI_2;
  const r = first - second;
  const tail = first - r - second - n * HALF_PI_3;
  switch ((((n + quarterTurns) % 4) + 4) % 4) {
    case 0:
      return sineKernel(r, tail);
    case 1:
      return cosineKernel(r, tail);
    case 2:
      return -sineKernel(r, tail);
    default:
      return -cosineKernel(r, tail);
  }
}

/** Sine of x radians; NaN for |x| ≥ 10^6. */
export function sin(x: number): number {
  return evaluate(x, 0);
}

/** Cosine of x radians; NaN for |x| ≥ 10^6. */
export function cos(x: number): number {
  return evaluate(x, 1);
}
