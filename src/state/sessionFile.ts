/**
 * A saved session as one file: magic, header length, hash, JSON header, then the pieces that the header names, each at a multiple
 * of 8 bytes. The hash is over all that follows it and finds damaged files.
 */
import type { RolloutBatch } from '../core/batch.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { parseNumbers, stringifyNumbers } from '../core/jsonNumbers.ts';
import type { RunSegment } from './schedule.ts';
import type { Edit, LabState } from './types.ts';

/** Run, batch and view as they stood. */
export interface Session {
  name: string;
  /** ISO 8601. */
  savedAt: string;
  /** Commit of the page that saved it. */
  commit: string;
  taskId: string;
  checkpointId: string;
  /** The view, as a link says it: what follows `#`. */
  link: string;
  source: LabState['source'];
  step: number;
  group: number;
  metrics: LabState['metrics'];
  schedule: readonly RunSegment[];
  /** As sampled, and what was changed by hand on top of it. */
  batch: RolloutBatch;
  edits: readonly Edit[];
  /** The training state; null where nothing was trained. */
  checkpoint: ArrayBuffer | null;
  /** The weights that drew the batch; null where they were not kept. */
  drewBatch: ArrayBuffer | null;
}

const FORMAT = 'creditscope-session';
const VERSION = 1;
const MAGIC = 0x4e535343; // "CSSN"
const PREFIX_BYTES = 12;

type Piece = 'batch' | 'checkpoint' | 'drewBatch' | `edit ${number}`;

interface Header extends Omit<Session, 'batch' | 'edits' | 'checkpoint' | 'drewBatch'> {
  format: typeof FORMAT;
  version: number;
  /** A written response has its piece, `edit <place in this list>`. */
  edits: readonly ({ kind: 'reward'; response: number; reward: number } | { kind: 'response'; response: number })[];
  /** Start after the header, and length, bytes. */
  pieces: Partial<Record<Piece, readonly [number, number]>>;
}

const align = (place: number): number => Math.ceil(place / 8) * 8;

/** FNV-1a over bytes, with a shift so that any flipped bit spreads. */
function hashOf(bytes: Uint8Array): number {
  let h = 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193) ^ (h >>> 15);
  return h >>> 0;
}

export function encodeSession({ batch, edits, checkpoint, drewBatch, ...rest }: Session): ArrayBuffer {
  const parts: [Piece, ArrayBuffer][] = [['batch', encodeBatch(batch)]];
  if (checkpoint) parts.push(['checkpoint', checkpoint]);
  if (drewBatch) parts.push(['drewBatch', drewBatch]);
  edits.forEach((edit, i) => {
    if (edit.kind === 'response') parts.push([`edit ${i}`, encodeBatch(edit.scored)]);
  });
  const pieces: Header['pieces'] = {};
  let size = 0;
  for (const [name, part] of parts) {
    pieces[name] = [size, part.byteLength];
    size = align(size + part.byteLength);
  }
  const header: Header = {
    format: FORMAT,
    version: VERSION,
    ...rest,
    edits: edits.map((edit) => (edit.kind === 'reward' ? edit : { kind: edit.kind, response: edit.response })),
    pieces,
  };
  const json = new TextEncoder().encode(stringifyNumbers(header));
  const start = align(PREFIX_BYTES + json.length);
  const file = new ArrayBuffer(start + size);
  const bytes = new Uint8Array(file);
  bytes.set(json, PREFIX_BYTES);
  for (const [name, part] of parts) bytes.set(new Uint8Array(part), start + (pieces[name]?.[0] ?? 0));
  const view = new DataView(file);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  view.setUint32(8, hashOf(bytes.subarray(PREFIX_BYTES)), true);
  return file;
}

/** Whether a file says that it is a saved session. */
export function isSession(file: ArrayBuffer): boolean {
  return file.byteLength >= PREFIX_BYTES && new DataView(file).getUint32(0, true) === MAGIC;
}

/** Rejects what is no session, another version's or damaged, with one sentence. */
export function decodeSession(file: ArrayBuffer, name = 'This file'): Session {
  if (!isSession(file)) throw new Error(`${name} is no session of Creditscope. Choose a file that this page saved.`);
  const view = new DataView(file);
  const bytes = new Uint8Array(file);
  const length = view.getUint32(4, true);
  const damaged = new Error(`${name} is cut off or damaged. Choose another copy of it.`);
  if (view.getUint32(8, true) !== hashOf(bytes.subarray(PREFIX_BYTES))) throw damaged;
  let header: Header;
  try {
    header = parseNumbers(new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length))) as Header;
  } catch {
    throw damaged;
  }
  if (header.format !== FORMAT || header.version !== VERSION)
    throw new Error(`${name} was saved by another version of Creditscope (format ${header.version}); this page reads format ${VERSION}.`);
  const start = align(PREFIX_BYTES + length);
  const piece = (which: Piece): ArrayBuffer | null => {
    const place = header.pieces[which];
    return place ? file.slice(start + place[0], start + place[0] + place[1]) : null;
  };
  const batchOf = (which: Piece): RolloutBatch => {
    const found = piece(which);
    if (!found) throw damaged;
    return decodeBatch(found);
  };
  const { format: _format, version: _version, pieces: _pieces, edits, ...rest } = header;
  return {
    ...rest,
    batch: batchOf('batch'),
    edits: edits.map((edit, i) => (edit.kind === 'reward' ? edit : { ...edit, scored: batchOf(`edit ${i}`) })),
    checkpoint: piece('checkpoint'),
    drewBatch: piece('drewBatch'),
  };
}
