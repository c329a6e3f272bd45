/** What a method's update does to the weights, against the exact gradient of the expected reward: its bias and its noise. */
import { STREAM, streamAt } from '../random.ts';
import { clamp, quantile } from '../stats.ts';

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/** Cosine of the angle between two vectors; NaN where one is 0. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [aa, bb] = [dot(a, a), dot(b, b)];
  return aa > 0 && bb > 0 ? dot(a, b) / Math.sqrt(aa * bb) : NaN;
}

/** How far the exact gradient at ε can be trusted, its trees opened from the prompts alone. */
export interface GradientCertificate {
  epsilon: number;
  /** Mean of the prompts' residuals over the length of the gradient, both at ε: an estimate, not a bound. */
  residual: number;
  /** Cosine of the gradient at ε with that at ε/10: 1 where opening more of the trees changes no direction. */
  cosineToFiner: number;
  /** The most by which any method's cosine with the one can differ from its cosine with the other. */
  cosineChange: number;
  /** Prompts whose tree the node budget ended before ε/10. */
  cutShort: number;
}

export interface GradientFigures {
  /** Mean cosine of one batch's direction with the exact gradient. */
  cosine: number;
  /** Cosine of the expected direction with the exact gradient, the noise of the R batches taken out: what more samples would bring. */
  meanCosine: number;
  /** ‖expected direction‖² over the mean squared distance of one batch's from it: above 1 the signal is louder than the noise. */
  signalToNoise: number;
  /**
   * The mean squared distance of one batch's direction, brought to the scale at which the expected direction comes closest, from
   * the exact gradient, over the latter's squared length: what stays however many samples (1 − meanCosine²), and what goes away.
   */
  bias: number;
  variance: number;
}

export type GradientMeasure = keyof GradientFigures;

export interface GradientQuality extends GradientFigures {
  /** R: batches that gave a direction. */
  batches: number;
  /** 95 %, by the bootstrap over batches. */
  intervals: Record<GradientMeasure, readonly [number, number]>;
}

/** What the figures need of the R directions: their products with each other, [R][R], and with the exact gradient, [R]. */
interface Products {
  gram: readonly Float64Array[];
  along: Float64Array;
  exact: number;
}

/** Where each batch counts `times` [R] times. A batch is never paired with itself: that is how the noise stays out of the signal. */
function figures({ gram, along, exact }: Products, times: ArrayLike<number>): GradientFigures {
  let [count, pairs, single, signal, length, reach] = [0, 0, 0, 0, 0, 0];
  gram.forEach((row, i) => {
    count += times[i];
    single += times[i] * (along[i] / Math.sqrt(row[i] * exact));
    length += times[i] * row[i];
    reach += times[i] * along[i];
    for (let j = 0; j < row.length; j++) {
      if (j === i) continue;
      pairs += times[i] * times[j];
      signal += times[i] * times[j] * row[j];
    }
  });
  const [expected, noise] = [signal / pairs, length / count - signal / pairs];
  const meanCosine = expected > 0 ? clamp(reach / count / Math.sqrt(expected * exact), -1, 1) : NaN;
  const signalToNoise = expected > 0 && noise > 0 ? expected / noise : NaN;
  return {
    cosine: single / count,
    meanCosine,
    signalToNoise,
    bias: 1 - meanCosine * meanCosine,
    variance: (meanCosine * meanCosine) / signalToNoise,
  };
}

const RESAMPLES = 500;

/**
 * Bias and noise of a method's direction over R batches of the same prompts. NaN where no batch gave a direction, and for what
 * needs the expected direction where two batches or more do not tell it from 0. `seed` names the stream of the intervals.
 */
export function gradientQuality(directions: readonly Float64Array[], exact: Float64Array, seed = 0): GradientQuality {
  const products: Products = {
    gram: directions.map((a) => Float64Array.from(directions, (b) => dot(a, b))),
    along: Float64Array.from(directions, (a) => dot(a, exact)),
    exact: dot(exact, exact),
  };
  const batches = directions.length;
  const drawn = Array.from({ length: RESAMPLES }, (_, b) => {
    const random = streamAt(seed, STREAM.evaluation, b);
    const times = new Float64Array(batches);
    for (let i = 0; i < batches; i++) times[random.integer(batches)]++;
    return figures(products, times);
  });
  const interval = (name: GradientMeasure): readonly [number, number] => {
    const values = drawn.map((sample) => sample[name]);
    return [quantile(values, 0.025), quantile(values, 0.975)];
  };
  return {
    ...figures(products, new Float64Array(batches).fill(1)),
    batches,
    intervals: {
      cosine: interval('cosine'),
      meanCosine: interval('meanCosine'),
      signalToNoise: interval('signalToNoise'),
      bias: interval('bias'),
      variance: interval('variance'),
    },
  };
}
