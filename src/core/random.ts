/**
 * Counter-based randomness: every draw is a hash of where it is used, so that changing the method, the order of work
 * or the backend never shifts another draw.
 */

/** 32-bit finaliser of MurmurHash3 (Appleby, public domain). */
function mix(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function absorb(h: number, key: number): number {
  const k = Math.imul(Math.imul(key, 0xcc9e2d51) ^ (Math.imul(key, 0xcc9e2d51) >>> 17), 0x1b873593);
  const mixed = h ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) >>> 0;
}

/** 32-bit hash of a text seed. */
export function hashText(text: string): number {
  let h = 0x9747b28c;
  for (let i = 0; i < text.length; i++) h = absorb(h, text.charCodeAt(i));
  return mix(h ^ text.length);
}

/** u ∈ [0,1) with 53 bits, a pure function of the keys: hash(seed, stream, step, attempt, prompt, response, position, ...). */
export function uniformAt(...keys: number[]): number {
  let a = 0x2545f491;
  let b = 0x6c078965;
  for (const key of keys) {
    a = absorb(a, key | 0);
    b = absorb(b, mix((key | 0) ^ 0x5bd1e995));
  }
  const high = mix(a ^ keys.length) >>> 5;
  const low = mix(b ^ (keys.length + 1)) >>> 6;
  return (high * 67108864 + low) / 9007199254740992;
}

/** Stream numbers: one per purpose, never reused. */
export const STREAM = {
  init: 1,
  prompts: 2,
  sampling: 3,
  minibatch: 4,
  demonstrations: 5,
  evaluation: 6,
  /** Easy groups that a curriculum adds: (seed, stream, step, group of the batch). */
  selection: 7,
  preview: 8,
  /** A loss that draws tokens: (seed, stream, step, inner update, token of the batch). */
  tokens: 9,
  /** Step labels that a noisy judge gets wrong: (seed, stream, step, response of the batch, step of the response). */
  labels: 10,
  /** Monte-Carlo continuations: (seed, stream, hash of prompt and prefix, k, position). */
  continuations: 12,
  /** Groups drawn again for the spread of a credit: (seed, stream, step, group, redraw, response, position). */
  redraws: 13,
  /** Noise on the embeddings of a text: (seed, stream, step, token of the batch, number of the embedding). */
  noise: 14,
} as const;

/** A sequence of draws at a place named by its keys: the n-th draw is `uniformAt(...keys, n)`. */
export interface RandomStream {
  /** Next u ∈ [0,1). */
  next(): number;
  /** Next integer in [0, n). */
  integer(n: number): number;
}

export function streamAt(...keys: number[]): RandomStream {
  let counter = 0;
  const next = () => uniformAt(...keys, counter++);
  return { next, integer: (n) => Math.floor(next() * n) };
}
