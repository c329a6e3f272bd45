import type { RolloutBatch } from '../../core/batch.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';

/** Two prompts; the first with two responses of 2 and 3 tokens, the second with one of 1. N = 6, V = 3. */
export const smallBatch: RolloutBatch = {
  groups: [
    { prompt: [0, 1], start: 0, end: 2 },
    { prompt: [1], start: 2, end: 3 },
  ],
  responses: [
    { group: 0, start: 0, end: 2, reward: 1 },
    { group: 0, start: 2, end: 5, reward: 0 },
    { group: 1, start: 5, end: 6, reward: 1 },
  ],
  tokens: Int32Array.of(0, 2, 0, 1, 2, 2),
  fields: { oldLogprobs: Float64Array.of(-1, -2, -3, -4, -5, -6) },
  logits: { width: 3, data: Float64Array.from({ length: 18 }, (_, i) => Math.log([2, 1, 1][i % 3])) },
  updates: [],
  baseTemperature: 1,
};

export const smallCredit: CreditResult = {
  methodId: 'test',
  knobs: { clipLow: 0.2 },
  kept: Uint8Array.of(1, 1),
  rewards: { streams: {}, total: Float64Array.of(1, 0, 1), trace: {} },
  advantages: Float64Array.of(1, 1, -1, -1, -1, 0),
  credit: Float64Array.of(1, 1, -1, -1.5, 0, 0),
  clipState: Uint8Array.of(0, 0, 0, 0, 1, 0),
  tokenUpdate: Int32Array.of(-1, -1, -1, -1, -1, -1),
  loss: 0,
  trace: {
    ratio: { level: 'token', values: Float64Array.of(1, 1.1, 1, 0.9, 0.7, 1) },
    reward: { level: 'response', values: Float64Array.of(1, 0, 1) },
    mean: { level: 'group', values: Float64Array.of(0.5, 1) },
    tokens: { level: 'batch', values: Float64Array.of(6) },
  },
};
