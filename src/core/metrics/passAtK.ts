import type { RolloutBatch } from '../batch.ts';

/**
 * Unbiased pass@k from n samples of which c are right: 1 − C(n − c, k)/C(n, k) (Chen et al. 2021, eq. 1). NaN for k > n.
 */
export function passAtK(n: number, c: number, k: number): number {
  if (k > n) return NaN;
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/** Mean pass@k over the groups that have at least k responses; a response is right where its accuracy (else its reward) is ≥ 1. */
export function batchPassAtK(batch: Pick<RolloutBatch, 'groups' | 'responses'>, k: number): number {
  let total = 0;
  let groups = 0;
  for (const group of batch.groups) {
    const n = group.end - group.start;
    if (n < k) continue;
    let right = 0;
    for (let i = group.start; i < group.end; i++) {
      const response = batch.responses[i];
      if ((response.accuracy ?? response.reward) >= 1) right++;
    }
    total += passAtK(n, right, k);
    groups++;
  }
  return groups === 0 ? NaN : total / groups;
}

/** 1, 2, 4, 8 … up to n: the k of the curves. */
export function passAtKSizes(n: number): number[] {
  const sizes: number[] = [];
  for (let k = 1; k <= n; k *= 2) sizes.push(k);
  return sizes;
}
