import { describe, expect, it } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { CheckpointMeta } from './protocol.ts';

const config = { vocabulary: 16, width: 32, heads: 2, layers: 2, hidden: 128, context: 18 };
const meta: CheckpointMeta = {
  format: 'creditscope-checkpoint',
  version: 1,
  task: 'chain-sum',
  label: 'step 20 · ✓',
  step: 20,
  config,
  seed: 'lecture-1',
  method: 'any',
  methodState: { median: -0.5, list: [1, 2] },
  hasOptimizer: true,
  optimizerSteps: 80,
};
const parameters = Float32Array.from([0.1, -2, 3.5]);
const optimizer = { first: Float32Array.from([1, 2, 3]), second: Float32Array.from([4, 5, 6]), steps: 80 };

describe('checkpoint', () => {
  it('round-trips weights, moments and method state exactly', () => {
    expect(decodeCheckpoint(encodeCheckpoint({ meta, parameters, optimizer }), { task: 'chain-sum', config })).toEqual({
      meta,
      parameters,
      optimizer,
    });
  });

  it('says that there are no moments where none are kept', () => {
    const read = decodeCheckpoint(encodeCheckpoint({ meta, parameters }));
    expect(read.optimizer).toBeUndefined();
    expect(read.meta.hasOptimizer).toBe(false);
  });

  it('refuses what it cannot use and says why', () => {
    const file = encodeCheckpoint({ meta, parameters, optimizer });
    expect(() => decodeCheckpoint(new ArrayBuffer(4))).toThrow('not a Creditscope checkpoint');
    expect(() => decodeCheckpoint(new TextEncoder().encode('<!doctype html>').buffer as ArrayBuffer, { name: 'base.bin' })).toThrow(
      'base.bin is not',
    );
    expect(() => decodeCheckpoint(file.slice(0, file.byteLength - 4))).toThrow('damaged');
    expect(() => decodeCheckpoint(file.slice(0, 60))).toThrow('damaged');
    expect(() => decodeCheckpoint(file, { task: 'countdown' })).toThrow('trained on "chain-sum"');
    expect(() => decodeCheckpoint(file, { config: { ...config, width: 64 } })).toThrow('width 32; this page needs 64');
    const flipped = file.slice(0);
    new Uint8Array(flipped)[flipped.byteLength - 2] ^= 1;
    expect(() => decodeCheckpoint(flipped)).toThrow('damaged');
    const future = encodeCheckpoint({ meta: { ...meta, version: 3 as 1 }, parameters });
    expect(() => decodeCheckpoint(future)).toThrow('format version');
  });
});

describe('a checkpoint with second networks', () => {
  const weights = {
    parameters: Float32Array.from([9, 8]),
    optimizer: { first: Float32Array.of(1, 0), second: Float32Array.of(0, 4), steps: 7 },
  };
  const models = [
    { name: 'critic', key: 'critic own', updates: 7, weights },
    { name: 'value', key: 'value shared', updates: 3, weights: null },
  ];
  it('keeps weights, moments and counts of each, and says so in its version', () => {
    const read = decodeCheckpoint(encodeCheckpoint({ meta, parameters, optimizer, models }));
    expect(read).toMatchObject({ parameters, optimizer, models });
    expect(read.meta.version).toBe(2);
    expect(read.meta.models?.map(({ size }) => size)).toEqual([2, 0]);
  });
  it('finds one that was cut off in the middle of them', () => {
    const file = encodeCheckpoint({ meta, parameters, optimizer, models });
    expect(() => decodeCheckpoint(file.slice(0, file.byteLength - 4))).toThrow('damaged');
  });
});
