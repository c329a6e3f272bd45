/** A joint distribution over a response's final reward and its remaining length, R × L cells, reward-bin major. */
import { log, softmax } from './math.ts';

export interface JointGrid {
  /** [R] reward of each bin, ascending. */
  rewardValues: readonly number[];
  /** [R+1] bins [low, high), the last one closed; rewards outside go to the nearest bin. */
  rewardEdges: readonly number[];
  /** [L+1] bins [low, high) of remaining tokens; longer goes to the last bin. */
  lengthEdges: readonly number[];
}

export const cellsOf = ({ rewardValues, lengthEdges }: JointGrid): number => rewardValues.length * (lengthEdges.length - 1);

/** Index of the bin [edges[k], edges[k+1]) that holds x; below the first edge 0, from the last one on the last bin. */
function binOf(edges: readonly number[], x: number): number {
  let bin = 0;
  while (bin < edges.length - 2 && x >= edges[bin + 1]) bin++;
  return bin;
}

/** The cell b·L + l of a response's reward and the tokens still to come after the next one. */
export function cellAt(grid: JointGrid, reward: number, remaining: number): number {
  return binOf(grid.rewardEdges, reward) * (grid.lengthEdges.length - 1) + binOf(grid.lengthEdges, remaining);
}

/** [L] middle of each length bin, in tokens. */
export const lengthMiddles = ({ lengthEdges }: JointGrid): number[] => lengthEdges.slice(1).map((high, l) => (lengthEdges[l] + high) / 2);

export interface JointReading {
  /** [R·L] */
  joint: Float64Array;
  /** [R] and [L], sums over the other index. */
  rewardMarginals: Float64Array;
  lengthMarginals: Float64Array;
  /** Σ v_b p_b, and Σ of the middles of the length bins, in tokens. */
  expectedReward: number;
  expectedRemaining: number;
  /** Of the joint, nats. */
  entropy: number;
}

/** What R·L logits starting at `start` say. */
export function readJoint(grid: JointGrid, logits: ArrayLike<number>, start = 0): JointReading {
  const L = grid.lengthEdges.length - 1;
  const R = grid.rewardValues.length;
  const joint = softmax(logits, new Float64Array(R * L), start, start + R * L);
  const rewardMarginals = new Float64Array(R);
  const lengthMarginals = new Float64Array(L);
  let entropy = 0;
  joint.forEach((p, cell) => {
    rewardMarginals[Math.floor(cell / L)] += p;
    lengthMarginals[cell % L] += p;
    if (p > 0) entropy -= p * log(p);
  });
  const dot = (weights: Float64Array, values: readonly number[]) => weights.reduce((total, p, k) => total + p * values[k], 0);
  return {
    joint,
    rewardMarginals,
    lengthMarginals,
    expectedReward: dot(rewardMarginals, grid.rewardValues),
    expectedRemaining: dot(lengthMarginals, lengthMiddles(grid)),
    entropy,
  };
}
