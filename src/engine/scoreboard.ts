/** What a method's update does to the weights, against the exact gradient of the expected reward. */
import type { MethodState, RolloutBatch } from '../core/batch.ts';
import { prepareCredit } from '../core/pipeline.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import type { KnobValues } from '../core/stages/types.ts';
import { prepareUpdate } from './update.ts';
import type { LanguageModel } from './types.ts';

/** Cosine of the angle between two vectors; NaN where one is 0. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : NaN;
}

/**
 * The direction in which the method's first update moves the weights: −∂loss/∂parameters over all kept groups as one minibatch,
 * at the weights that drew the batch (every ratio is 1). Null where the method keeps no group.
 */
export function ascentDirection(
  model: LanguageModel,
  batch: RolloutBatch,
  composed: ComposedMethod,
  knobs: KnobValues,
  state: MethodState = null,
): Float64Array | null {
  const credit = { batch, composed, knobs, state };
  const { kept, rewards, advantages } = prepareCredit(credit);
  const groups = Array.from(kept.keys()).filter((group) => kept[group] === 1);
  if (groups.length === 0) return null;
  const { gradLogits } = prepareUpdate(model, { ...credit, groups, rewards, advantages });
  model.backward(gradLogits);
  return Float64Array.from(model.getGradient(), (g) => 0 - g);
}

export interface GradientQuality {
  /** Mean cosine of one batch's direction with the exact gradient. */
  cosine: number;
  /** Cosine of the mean direction with the exact gradient: what more samples would bring. */
  meanCosine: number;
  /** ‖mean‖² over the mean squared distance from it: above 1 the signal is louder than the noise of one batch. */
  signalToNoise: number;
  batches: number;
}

const square = (x: number) => x * x;

/** Bias and variance of a method's direction over R batches of the same prompts. NaN where no batch gave a direction. */
export function gradientQuality(directions: readonly Float64Array[], exact: Float64Array): GradientQuality {
  const batches = directions.length;
  const average = new Float64Array(exact.length);
  for (const direction of directions) for (let i = 0; i < average.length; i++) average[i] += direction[i] / batches;
  let noise = 0;
  for (const direction of directions) for (let i = 0; i < average.length; i++) noise += square(direction[i] - average[i]) / batches;
  let signal = 0;
  for (const value of average) signal += value * value;
  return {
    cosine: directions.reduce((total, direction) => total + cosine(direction, exact), 0) / batches,
    meanCosine: cosine(average, exact),
    signalToNoise: batches > 1 && noise > 0 ? signal / noise : NaN,
    batches,
  };
}
