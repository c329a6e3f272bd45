/** x^y in double-double arithmetic (Dekker 1971, Knuth TAOCP 4.2.2): about 106 bits until the last rounding. */
import { exp } from './exponential.ts';

/** An unevaluated sum high + low with |low| ≤ ½ ulp(high). */
type Pair = readonly [high: number, low: number];

const LN2: Pair = [0.6931471805599453, 2.3190468138462996e-17];
const SPLITTER = 134217729;

function sum(a: number, b: number): Pair {
  const s = a + b;
  const t = s - a;
  return [s, a - (s - t) + (b - t)];
}

function product(a: number, b: number): Pair {
  const p = a * b;
  const ca = SPLITTER * a;
  const ah = ca - (ca - a);
  const al = a - ah;
  const cb = SPLITTER * b;
  const bh = cb - (cb - b);
  const bl = b - bh;
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}

function add(a: Pair, b: Pair): Pair {
  const [s, e] = sum(a[0], b[0]);
  return sum(s, e + a[1] + b[1]);
}

function multiply(a: Pair, b: Pair): Pair {
  const [p, e] = product(a[0], b[0]);
  return sum(p, e + a[0] * b[1] + a[1] * b[0]);
}

function divide(a: Pair, b: Pair): Pair {
  const q = a[0] / b[0];
  const [p, e] = product(q, b[0]);
  return sum(q, (a[0] - p - e + a[1] - q * b[1]) / b[0]);
}

/** ln x of a positive finite x: k ln 2 + 2 artanh((m − 1)/(m + 1)), m in [√½, √2]. */
function logPair(x: number): Pair {
  let k = 0;
  let m = x;
  while (m >= 4294967296) {
    m /= 4294967296;
    k += 32;
  }
  while (m < 2.3283064365386963e-10) {
    m *= 4294967296;
    k -= 32;
  }
  while (m > 1.4142135623730951) {
    m /= 2;
    k++;
  }
  while (m < 0.7071067811865476) {
    m *= 2;
    k--;
  }
  const s = divide([m - 1, 0], sum(m, 1));
  const z = multiply(s, s);
  // |s| ≤ 0.1716, so the 22nd term is below 2^-110.
  let series: Pair = [0, 0];
  for (let n = 43; n >= 1; n -= 2) series = add(multiply(series, z), divide([1, 0], [n, 0]));
  const mantissa = multiply(multiply(series, s), [2, 0]);
  return add(multiply(LN2, [k, 0]), mantissa);
}

function integerPower(x: number, n: number): Pair {
  let base: Pair = [x, 0];
  let result: Pair = [1, 0];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, base);
    if (rest > 1) base = multiply(base, base);
  }
  return result;
}

/** x^y with the special cases of IEEE 754 `pow`; NaN for a negative x with a fractional y. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (x !== x || y !== y) return NaN;
  const magnitude = Math.abs(x);
  const isInteger = Number.isInteger(y);
  const isNegative = (x < 0 || Object.is(x, -0)) && isInteger && y % 2 !== 0;
  if (magnitude === 0 || magnitude === Infinity) {
    const value = (magnitude === 0) === y > 0 ? 0 : Infinity;
    return isNegative ? -value : value;
  }
  if (y === Infinity || y === -Infinity) return magnitude === 1 ? 1 : magnitude > 1 === y > 0 ? Infinity : 0;
  if (x < 0 && !isInteger) return NaN;
  if (y === 1) return x;
  if (y === 0.5) return Math.sqrt(x);
  if (magnitude === 1) return isNegative ? -1 : 1;
  const [high, low] = logPair(magnitude);
  const approximate = y * high;
  let value: number;
  if (approximate > 710) value = Infinity;
  else if (approximate < -746) value = 0;
  else if (isInteger && Math.abs(y) <= 1024 && Math.abs(approximate) < 600 && magnitude < 1e140 && magnitude > 1e-140) {
    // Small integer powers are exact wherever the result is representable.
    const [p, e] = integerPower(magnitude, Math.abs(y));
    value = y > 0 ? p + e : divide([1, 0], [p, e])[0];
  } else {
    const [p, e] = product(y, high);
    const small = e + y * low;
    value = exp(p);
    if (value !== 0 && value !== Infinity) value += value * small;
  }
  return isNegative ? -value : value;
}
