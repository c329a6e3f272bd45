import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildKernels, compileKernels, forbiddenUses } from './buildKernels.ts';

/** Ids of a wasm binary's sections, in order: each is an id, a LEB128 length, and that many bytes. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += length;
  }
  return ids;
}

it('builds kernels without data, from the sources as they are', async () => {
  await buildKernels();
  const built = readFileSync(new URL('../public/kernels.wasm', import.meta.url));
  const ids = sectionIds(built);
  expect(ids).toContain(10);
  expect(ids).not.toContain(11);
  expect(ids).not.toContain(12);
  expect(Buffer.compare(built, await compileKernels())).toBe(0);
}, 120_000);

it('names what kernels may not do', () => {
  expect(forbiddenUses('(module (func (drop (memory.grow (i32.const 1)))) (data $0 (i32.const 1036) "\\1c"))')).toEqual([
    'kernels.wasm has a data section: it would overwrite the data of TensorFlow.js.',
    'kernels.wasm grows the memory: it would detach the views of TensorFlow.js.',
  ]);
  expect(forbiddenUses('(import "env" "memory" (memory $0 0)) (f32x4.add)')).toEqual([]);
});
