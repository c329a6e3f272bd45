import { log } from '../core/math.ts';
import { STREAM, uniformAt } from '../core/random.ts';
import type { ModelConfig, OptimizerState, ParameterLayout } from './types.ts';

/** Standard deviation of every initial weight that is not a gain. */
const INITIAL_DEVIATION = 0.08;

/** Throws one sentence when no backend can carry the sizes: the kernels work on blocks of 4 and 8 numbers. */
export function checkConfig(config: ModelConfig): void {
  const { vocabulary, width, heads, layers, hidden, context, outputs = 0 } = config;
  for (const [name, value] of Object.entries({ vocabulary, width, heads, layers, hidden, context })) {
    if (!Number.isInteger(value) || value < 1) throw new Error(`Model size "${name}" is ${value}: give a whole number of at least 1.`);
  }
  if (!Number.isInteger(outputs) || outputs < 0) throw new Error(`Model size "outputs" is ${outputs}: give a whole number of at least 0.`);
  if (width % 8 !== 0 || hidden % 8 !== 0) throw new Error(`Model width ${width} and hidden ${hidden} must be multiples of 8.`);
  if (width % (4 * heads) !== 0) throw new Error(`Model width ${width} must be a multiple of 4 × ${heads} heads.`);
}

/**
 * Order and shapes of the weights in the flat parameter vector: `tok, pos`, per layer `ga, qkv, o, gm, w1, w2`, then `gf, out`, and with a
 * head `head` [width, outputs], so that a model without one has a prefix of the same vector.
 * Matrices are row-major [inputs, outputs]; `qkv` holds queries, keys and values side by side, each [width] split into heads.
 */
export function parameterLayout(config: ModelConfig): ParameterLayout {
  const { vocabulary, width, layers, hidden, context, outputs = 0 } = config;
  const shapes: [string, number[]][] = [
    ['tok', [vocabulary, width]],
    ['pos', [context, width]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    shapes.push([`ga${layer}`, [width]], [`qkv${layer}`, [width, 3 * width]], [`o${layer}`, [width, width]]);
    shapes.push([`gm${layer}`, [width]], [`w1${layer}`, [width, hidden]], [`w2${layer}`, [hidden, width]]);
  }
  shapes.push(['gf', [width]], ['out', [width, vocabulary]]);
  if (outputs > 0) shapes.push(['head', [width, outputs]]);
  let total = 0;
  const entries = shapes.map(([name, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const entry = { name, shape, offset: total, size };
    total += size;
    return entry;
  });
  return { total, entries };
}

/** Throws when a vector does not fit the model, naming both lengths. */
export function checkLength(values: Float32Array, layout: ParameterLayout, what: string): void {
  if (values.length !== layout.total)
    throw new Error(`${what} has ${values.length} numbers, but this model has ${layout.total} parameters.`);
}

/** Standard normal draw at a place: Marsaglia's polar method, which needs log and sqrt only. */
export function normalAt(...keys: number[]): number {
  for (let attempt = 0; ; attempt++) {
    const x = 2 * uniformAt(...keys, attempt, 0) - 1;
    const y = 2 * uniformAt(...keys, attempt, 1) - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * log(square)) / square);
  }
}

/** [total] weights of a new model: N(0, 0.08²), gains 1, a head 0. The same seed gives the same weights everywhere. */
export function initialParameters(config: ModelConfig, seedHash: number): Float32Array {
  const { total, entries } = parameterLayout(config);
  const values = new Float32Array(total);
  for (const { name, shape, offset, size } of entries) {
    if (name === 'head') continue;
    for (let i = 0; i < size; i++) {
      values[offset + i] = shape.length === 1 ? 1 : INITIAL_DEVIATION * normalAt(seedHash, STREAM.init, offset + i);
    }
  }
  return values;
}

/** The vector (weights or a moment) for a model of the same trunk with a head or without one: a new head is 0, one without a place is left out. */
export function fitVector(values: Float32Array, { total, entries }: ParameterLayout): Float32Array {
  const trunk = entries.find(({ name }) => name === 'head')?.offset ?? total;
  if (values.length === total || values.length < trunk) return values;
  const fitted = new Float32Array(total);
  fitted.set(values.subarray(0, trunk));
  return fitted;
}

/** Adam's moments before the first step. */
export const freshOptimizer = ({ total }: ParameterLayout): OptimizerState => ({
  first: new Float32Array(total),
  second: new Float32Array(total),
  steps: 0,
});
