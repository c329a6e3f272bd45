import { streamAt } from '../core/random.ts';
import { initialParameters } from './layout.ts';
import type { ModelConfig, PackedSequences } from './types.ts';

/** A small model of the default task's shape, with a vocabulary that is no multiple of 4. */
export const TEST_CONFIG: ModelConfig = { vocabulary: 19, width: 32, heads: 2, layers: 2, hidden: 128, context: 24 };

/** Weights large enough that attention and GELU leave their linear range. */
export const testParameters = (config: ModelConfig, seed = 7): Float32Array =>
  initialParameters(config, seed).map((w) => (w === 1 ? 1 : 3 * w));

/** Ragged sequences of tokens: groups of three that share a prompt of four. */
export function testSequences(config: ModelConfig, count: number, seed = 1): number[][] {
  const random = streamAt(seed);
  let prompt: number[] = [];
  return Array.from({ length: count }, (_, s) => {
    if (s % 3 === 0) prompt = Array.from({ length: 4 }, () => random.integer(config.vocabulary));
    return [...prompt, ...Array.from({ length: 2 + random.integer(config.context - 6) }, () => random.integer(config.vocabulary))];
  });
}

/** Packs the sequences and wants every row from the last prompt token to the last but one. */
export function testBatch(sequences: readonly (readonly number[])[]): PackedSequences {
  const offsets = new Int32Array(sequences.length + 1);
  const rows: number[] = [];
  sequences.forEach((sequence, s) => {
    offsets[s + 1] = offsets[s] + sequence.length;
    for (let t = 3; t < sequence.length - 1; t++) rows.push(offsets[s] + t);
  });
  return { ids: Int32Array.from(sequences.flat()), offsets, rows: Int32Array.from(rows) };
}

/** [length] numbers in ±½. */
export function testNumbers(length: number, seed = 3): Float32Array {
  const random = streamAt(seed);
  return Float32Array.from({ length }, () => random.next() - 0.5);
}

/** Largest |a − b| over the largest |b|. */
export function relativeDistance(a: Float32Array, b: Float32Array): number {
  let distance = 0;
  let size = 0;
  a.forEach((value, i) => {
    distance = Math.max(distance, Math.abs(value - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  });
  return a.length === b.length ? distance / size : Number.POSITIVE_INFINITY;
}
