import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { streamAt } from '../core/random.ts';
import { createModel } from './createModel.ts';
import { packPrefixes, prefixEvaluator } from './oracle.ts';
import { TEST_CONFIG, testParameters } from './testBatch.ts';
import type { LanguageModel, PrefixCache } from './types.ts';

const PROMPT = [3, 1, 4, 1];

async function filled(): Promise<LanguageModel> {
  const model = await createModel(TEST_CONFIG);
  model.setParameters(testParameters(TEST_CONFIG, 5));
  return model;
}

function cacheOf(model: LanguageModel): PrefixCache {
  const cache = model.cachePrefixes?.(PROMPT);
  if (!cache) throw new Error('The model has no cache of prefixes.');
  return cache;
}

describe('the cache of prefixes', () => {
  it('gives the bits of a forward pass over the whole prefixes, however it grew', async () => {
    const model = await filled();
    const cache = cacheOf(model);
    const random = streamAt(7);
    const prefixes: number[][] = [[]];
    expect(cache.extend(Int32Array.of(-1), Int32Array.of(-1))).toEqual(model.forward(packPrefixes(PROMPT, [[]])).logits);
    // Its room is doubled on the way, more than once.
    for (const count of [1, 3, 200, 1, 256, 300, 500]) {
      const known = prefixes.length;
      const able = [...prefixes.keys()].filter((p) => PROMPT.length + prefixes[p].length < TEST_CONFIG.context);
      const parents = Int32Array.from({ length: count }, () => able[random.integer(able.length)]);
      const tokens = parents.map(() => random.integer(TEST_CONFIG.vocabulary));
      const logits = cache.extend(parents, tokens);
      parents.forEach((parent, k) => prefixes.push([...prefixes[parent], tokens[k]]));
      expect(logits).toEqual(model.forward(packPrefixes(PROMPT, prefixes.slice(known))).logits);
    }
    expect(Math.max(...prefixes.map(({ length }) => length))).toBeGreaterThan(5);
    model.dispose();
  });

  it('is not needed: a model without one gives the oracle the same numbers', async () => {
    const model = await filled();
    const extensions = [
      [[-1], [-1]],
      [
        [0, 0],
        [2, 5],
      ],
      [
        [1, 2, 1],
        [7, 7, 3],
      ],
    ].map(([parents, tokens]) => ({ parents: Int32Array.from(parents), tokens: Int32Array.from(tokens) }));
    const rowsOf = (asked: LanguageModel) => extensions.map(prefixEvaluator(asked, PROMPT, 0.7));
    const { cachePrefixes: _, ...plain } = model;
    expect(rowsOf(plain)).toEqual(rowsOf(model));
    model.dispose();
  });

  it('keeps its room for the next prompt, and gives it back with the model', async () => {
    const before = tf.memory().numTensors;
    const model = await filled();
    const first = cacheOf(model);
    first.extend(Int32Array.of(-1), Int32Array.of(-1));
    first.extend(new Int32Array(900), new Int32Array(900));
    const held = tf.memory();
    const second = cacheOf(model);
    expect(second.extend(Int32Array.of(-1), Int32Array.of(-1))).toEqual(model.forward(packPrefixes(PROMPT, [[]])).logits);
    second.extend(new Int32Array(900), new Int32Array(900));
    expect(tf.memory().numBytes - held.numBytes).toBeLessThan(1e6);
    expect(() => first.extend(Int32Array.of(0), Int32Array.of(1))).toThrow('This cache of prefixes has ended');
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses what would reach outside its memory', async () => {
    const model = await filled();
    const cache = cacheOf(model);
    expect(() => cache.extend(Int32Array.of(0), Int32Array.of(1))).toThrow('The prompt itself, parent −1, comes first and alone.');
    cache.extend(Int32Array.of(-1), Int32Array.of(-1));
    expect(() => cache.extend(Int32Array.of(1), Int32Array.of(1))).toThrow('Prefix 1 is not known: there are 1.');
    expect(() => cache.extend(Int32Array.of(0), Int32Array.of(TEST_CONFIG.vocabulary))).toThrow('is outside the vocabulary');
    for (let p = 0; p < TEST_CONFIG.context - PROMPT.length; p++) cache.extend(Int32Array.of(p), Int32Array.of(2));
    expect(() => cache.extend(Int32Array.of(TEST_CONFIG.context - PROMPT.length), Int32Array.of(2))).toThrow(
      `is at the model's context of ${TEST_CONFIG.context} tokens and cannot grow.`,
    );
    model.dispose();
  });
});
