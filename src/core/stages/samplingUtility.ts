/**
 * ZIP-RC's sampling utility: which of several unfinished samples to go on with. RECONSTRUCTION: the paper's appendix was not
 * readable and the released code does not include it, so these equations are this lab's reading of the main text.
 */

export interface UtilityOptions {
  /** [R] ascending, and [L] ascending: what a cell of a joint stands for. */
  rewardValues: readonly number[];
  lengthValues: readonly number[];
  /** α: 1 counts all tokens (compute), 0 the longest sample's alone (latency). */
  alpha: number;
  costWeight: number;
  lengthNorm: number;
  /** h: samples are paused after so many tokens; what is longer counts as the lowest reward and as h tokens. */
  pauseHorizon?: number;
}

export interface SubsetUtility {
  subset: readonly number[];
  expectedMaxReward: number;
  expectedCompute: number;
  expectedLatency: number;
  utility: number;
}

/** A distribution over ascending values. */
interface Marginal {
  values: readonly number[];
  probabilities: readonly number[];
}

function marginals(joint: readonly (readonly number[])[], options: UtilityOptions): { reward: Marginal; length: Marginal } {
  const { rewardValues, lengthValues, pauseHorizon: horizon = Infinity } = options;
  const lengths = [...new Set(lengthValues.map((length) => Math.min(length, horizon)))];
  const reward = rewardValues.map(() => 0);
  const length = lengths.map(() => 0);
  joint.forEach((row, b) => {
    row.forEach((p, l) => {
      reward[lengthValues[l] > horizon ? 0 : b] += p;
      length[lengths.indexOf(Math.min(lengthValues[l], horizon))] += p;
    });
  });
  return { reward: { values: rewardValues, probabilities: reward }, length: { values: lengths, probabilities: length } };
}

const meanOf = ({ values, probabilities }: Marginal) => values.reduce((total, v, k) => total + v * probabilities[k], 0);

/** E[max] of independent draws, Σ v (Π F(v) − Π F(v−)). */
function expectedMax(draws: readonly Marginal[]): number {
  const below = draws.map(() => 0);
  let previous = 0;
  return draws[0].values.reduce((total, v, k) => {
    draws.forEach(({ probabilities }, i) => {
      below[i] += probabilities[k];
    });
    const all = below.reduce((product, p) => product * p, 1);
    const share = all - previous;
    previous = all;
    return total + v * share;
  }, 0);
}

/** All non-empty subsets of 0 … n−1, by size, then in lexicographic order. */
function subsetsOf(n: number): number[][] {
  const all: number[][] = [];
  for (let size = 1; size <= n; size++) {
    const grow = (chosen: number[], from: number): void => {
      if (chosen.length === size) all.push(chosen);
      else for (let i = from; i < n; i++) grow([...chosen, i], i + 1);
    };
    grow([], 0);
  }
  return all;
}

/** More samples than this have too many subsets to list. */
export const MOST_SAMPLES = 12;

/**
 * The utility E[max V'] − costWeight (α ΣE[L'] + (1 − α) E[max L'])/norm of every subset of the samples, and the first of the
 * best. `joints` are [samples][R][L]. Throws for no sample and for more than `MOST_SAMPLES`.
 */
export function samplingUtility(
  joints: readonly (readonly (readonly number[])[])[],
  options: UtilityOptions,
): { subsets: SubsetUtility[]; best: SubsetUtility } {
  if (joints.length === 0 || joints.length > MOST_SAMPLES)
    throw new Error(`There are ${joints.length} samples to choose from; 1 to ${MOST_SAMPLES} are wanted.`);
  const { alpha, costWeight, lengthNorm } = options;
  const own = joints.map((joint) => marginals(joint, options));
  const subsets = subsetsOf(joints.length).map((subset): SubsetUtility => {
    const chosen = subset.map((i) => own[i]);
    const expectedMaxReward = expectedMax(chosen.map(({ reward }) => reward));
    const expectedLatency = expectedMax(chosen.map(({ length }) => length));
    const expectedCompute = chosen.reduce((total, { length }) => total + meanOf(length), 0);
    const cost = (alpha * expectedCompute + (1 - alpha) * expectedLatency) / lengthNorm;
    return { subset, expectedMaxReward, expectedCompute, expectedLatency, utility: expectedMaxReward - costWeight * cost };
  });
  return { subsets, best: subsets.reduce((best, next) => (next.utility > best.utility ? next : best)) };
}
