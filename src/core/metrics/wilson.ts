/** z of a two-sided 95 % interval. */
export const Z95 = 1.959963984540054;

/**
 * Wilson's interval for a share: `right` of n draws [Wilson 1927]. Unlike mean ± z·se it is never empty at 0 or n right and never
 * leaves [0, 1]. NaN for no draws.
 */
export function wilsonInterval(right: number, n: number, z = Z95): readonly [low: number, high: number] {
  const share = right / n;
  const squared = z * z;
  const centre = (share + squared / (2 * n)) / (1 + squared / n);
  const half = (z / (1 + squared / n)) * Math.sqrt((share * (1 - share)) / n + squared / (4 * n * n));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
