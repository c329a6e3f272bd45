/** A batch of the size that the bars speak of: 8 prompts × 8 responses × 20 tokens, with every field that a method may need. */
import type { RolloutBatch, RolloutGroup, RolloutResponse } from '../src/core/batch.ts';
import { streamAt } from '../src/core/random.ts';

const GROUPS = 8;
const SAMPLES = 8;
const LENGTH = 20;
/** Vocabulary and width of the default task's model. */
const V = 16;
const D = 32;

/** Deterministic numbers of plausible size; half of the responses are right, prefixes are shared, some tokens are clipped. */
export function fullBatch(): RolloutBatch {
  const random = streamAt(20, 64);
  const count = GROUPS * SAMPLES * LENGTH;
  const responses: RolloutResponse[] = [];
  const groups: RolloutGroup[] = [];
  const tokens = new Int32Array(count);
  for (let group = 0; group < GROUPS; group++) {
    const prompt = [random.integer(10), 10, random.integer(10), 10, random.integer(10), 10, random.integer(10), 11];
    groups.push({ prompt, start: group * SAMPLES, end: (group + 1) * SAMPLES, greedyReward: 1 });
    for (let sample = 0; sample < SAMPLES; sample++) {
      const start = (group * SAMPLES + sample) * LENGTH;
      responses.push({ group, start, end: start + LENGTH, reward: (sample + group) % 2 });
      for (let i = 0; i < LENGTH; i++) tokens[start + i] = i < 3 ? 12 : i === LENGTH - 1 ? 15 : random.integer(10);
    }
  }
  const field = (make: () => number) => Float64Array.from({ length: count }, make);
  const oldLogprobs = field(() => -0.05 - 2 * random.next());
  const logprobs = oldLogprobs.map((value) => value + 0.5 * (random.next() - 0.5));
  const entropies = field(() => 2.5 * random.next());
  const matrix = (width: number) => ({ width, data: Float32Array.from({ length: count * width }, () => 4 * random.next() - 2) });
  return {
    groups,
    responses,
    tokens,
    fields: {
      samplingLogprobs: oldLogprobs,
      temperature: field(() => 1),
      oldLogprobs,
      logprobs,
      refLogprobs: oldLogprobs,
      oldEntropies: entropies,
      entropies,
    },
    logits: matrix(V),
    logitsAfter: matrix(V),
    hidden: matrix(D),
    updates: [
      {
        epoch: 0,
        minibatch: 0,
        groups: groups.map((_, index) => index),
        logprobs,
        entropies,
        gradLogprobs: new Float64Array(count),
        loss: 0,
        gradientNorm: 0,
      },
    ],
    baseTemperature: 1,
  };
}
