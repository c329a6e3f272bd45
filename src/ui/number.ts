const MINUS = '−';
/** Half-width of the domain of numbers that are all 0. */
export const DOMAIN_FLOOR = 1e-6;

/**
 * Half-width m of a symmetric credit domain [−m, m]: the 98 % quantile of the non-zero |v| (linear between ranks), so that
 * one outlier does not bleach the rest. NaN (dropped groups) is left out. Never below 1e-6.
 */
export function creditDomain(values: ArrayLike<number>): number {
  const sizes: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > 0 && size < Infinity) sizes.push(size);
  }
  if (sizes.length === 0) return DOMAIN_FLOOR;
  sizes.sort((a, b) => a - b);
  const rank = 0.98 * (sizes.length - 1);
  const low = Math.floor(rank);
  const high = Math.min(low + 1, sizes.length - 1);
  return Math.max(DOMAIN_FLOOR, sizes[low] + (rank - low) * (sizes[high] - sizes[low]));
}

/** The smallest of 1, 2, 5 × 10ⁿ that is ≥ size: a domain in such steps holds still while values drift during training. */
export function niceDomain(size: number): number {
  if (!(size > 0)) return DOMAIN_FLOOR;
  // Powers by parsing: 10 ** −3 is not the double nearest 0.001 in every engine.
  let exponent = Math.floor(Math.log10(size));
  for (;;) {
    for (const digit of [1, 2, 5]) {
      const candidate = Number(`${digit}e${exponent}`);
      // 2.0000000000000004 comes out of sums that mean 2.
      if (candidate >= size * (1 - 1e-12)) return candidate;
    }
    exponent++;
  }
}

/** Fixed digits with a true minus (U+2212); `sign` prints + too. A value that rounds to zero has no sign; NaN is an en dash. */
export function formatNumber(value: number, digits: number, options: { sign?: boolean } = {}): string {
  if (Number.isNaN(value)) return '–';
  const prefix = value < 0 ? MINUS : options.sign && value > 0 ? '+' : '';
  if (!Number.isFinite(value)) return `${prefix}∞`;
  const body = Math.abs(value).toFixed(digits);
  return Number(body) === 0 ? body : prefix + body;
}

/** About `digits` significant digits without exponents where a person can read them; a true minus always. */
export function formatCompact(value: number, digits = 3): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : '∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e-4 && size < 1e6 ? String(Number(size.toPrecision(digits))) : size.toExponential(Math.max(0, digits - 1));
  return (
    (value < 0 ? MINUS : '') +
    text
      .replace(/\.?0+e/, 'e')
      .replace('e-', `e${MINUS}`)
      .replace('e+', 'e')
  );
}
