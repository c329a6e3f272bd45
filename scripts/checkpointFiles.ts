import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { decodeCheckpoint } from '../src/engine/checkpoint.ts';
import type { Checkpoint } from '../src/engine/checkpoint.ts';
import type { ModelConfig } from '../src/engine/types.ts';

/** The bytes of a file as their own buffer. */
export function readBytes(file: string): ArrayBuffer {
  const bytes = readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Writes a file whole or not at all. */
export function writeBytes(file: string, bytes: ArrayBuffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, new Uint8Array(bytes));
  renameSync(`${file}.part`, file);
}

/** Reads and checks a checkpoint file. */
export function readCheckpoint(file: string, task: string, config: ModelConfig): Checkpoint {
  return decodeCheckpoint(readBytes(file), { task, config, name: file });
}
