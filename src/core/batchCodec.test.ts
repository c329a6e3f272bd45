import { describe, expect, it } from 'vitest';
import { decodeBatch } from './batchCodec.ts';
import { encodeBatch } from './batchEncoder.ts';
import { composeMethod, creditBatch, defaultKnobs } from './pipeline.ts';
import { METHODS } from './methods/index.ts';
import { furnish, seededBatch, withUpdates } from './testBatch.ts';

const batch = {
  ...withUpdates(seededBatch(2, 3, 4)),
  source: new Uint8Array(24).fill(1, 3, 5),
  trainedWith: { method: 'x', knobs: { clipC: Infinity, clipLow: 0.2 }, state: { median: -0.5, ema: [1, 2] } },
  snapshots: { before: 'a', after: 'b' },
};

describe('batch codec', () => {
  it('brings everything back', () => {
    const back = decodeBatch(encodeBatch(batch));
    expect(back).toEqual(batch);
    expect(back.fields.oldLogprobs).toBeInstanceOf(Float64Array);
    expect(back.logits?.data).toBeInstanceOf(Float32Array);
  });
  it('keeps float64 numbers that float32 cannot hold, to the bit', () => {
    const exact = { ...batch, fields: { ...batch.fields, oldLogprobs: batch.fields.oldLogprobs!.map((x) => x + 1e-12) } };
    const back = decodeBatch(encodeBatch(exact));
    expect([...back.fields.oldLogprobs!]).toEqual([...exact.fields.oldLogprobs]);
  });
  it('stores engine-born fields as float32: half the bytes', () => {
    const wide = { ...batch, fields: { oldLogprobs: batch.fields.oldLogprobs!.map((x) => x + 1e-12) } };
    const narrow = { ...batch, fields: { oldLogprobs: batch.fields.oldLogprobs! } };
    expect(encodeBatch(wide).byteLength - encodeBatch(narrow).byteLength).toBe(24 * 4);
  });
  it('keeps NaN and a missing matrix', () => {
    const gaps = { ...seededBatch(1, 1, 2), fields: { values: Float64Array.of(NaN, 1) }, logits: undefined };
    const back = decodeBatch(encodeBatch(gaps));
    expect([...back.fields.values!]).toEqual([NaN, 1]);
    expect(back.logits).toBeUndefined();
  });
  it('gives the same credit, to the bit, before and after', async () => {
    const full = furnish(batch);
    for (const entry of METHODS) {
      const method = await entry.load();
      const knobs = defaultKnobs(method);
      const before = creditBatch(full, composeMethod(method), knobs);
      const after = creditBatch(decodeBatch(encodeBatch(full)), composeMethod(method), knobs);
      expect([...after.credit]).toEqual([...before.credit]);
    }
  });
  it('refuses what is no batch, and what was cut short', () => {
    expect(() => decodeBatch(new ArrayBuffer(4))).toThrow('not a rollout batch');
    expect(() => decodeBatch(new ArrayBuffer(64))).toThrow('not a rollout batch');
    expect(() => decodeBatch(encodeBatch(batch).slice(0, -64))).toThrow('cut short at');
    expect(() => decodeBatch(encodeBatch(batch).slice(0, 100))).toThrow('cut short');
  });
});
