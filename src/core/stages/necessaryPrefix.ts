import type { RolloutResponse } from '../batch.ts';
import type { TokenRange } from './chunks.ts';

/** Types of a chunk; `none` for tokens in no chunk (the end of thinking, the answer). */
export const CHUNK_TYPE = { none: 0, a: 1, b: 2, c: 3, d: 4 } as const;
export type ChunkType = keyof typeof CHUNK_TYPE;

/** A response read by its necessary reasoning prefix (NRP): everything up to the first chunk that holds the right answer. */
export interface NecessaryPrefix {
  /** In token positions of the response, in order. */
  chunks: readonly TokenRange[];
  /** Of each chunk: b before the first right one, a that one, then c (wrong or without answer) and d (right again). All b in a wrong response. */
  types: readonly ChunkType[];
  /** Chunks after the first right one; null where there are none. */
  redundant: TokenRange | null;
  /** (place of the first right chunk, counted from 1) / chunks; 0 where none is right. */
  ratio: number;
}

/** Reads the `chunk` spans and their judge, `correct`; only a response with a reward above 0 is judged [pixas/DECS@0d12e53 reward_manager.py]. */
export function necessaryPrefix({ reward, spans }: RolloutResponse): NecessaryPrefix {
  const chunks = (spans ?? []).filter(({ kind }) => kind === 'chunk');
  const first = reward > 0 ? chunks.findIndex(({ correct }) => correct) : -1;
  const types = chunks.map(({ correct }, c): ChunkType => {
    if (first < 0 || c < first) return 'b';
    if (c === first) return 'a';
    return correct ? 'd' : 'c';
  });
  const hasMore = first >= 0 && first < chunks.length - 1;
  return {
    chunks: chunks.map(({ start, end }) => ({ start, end })),
    types,
    redundant: hasMore ? { start: chunks[first + 1].start, end: chunks[chunks.length - 1].end } : null,
    ratio: first < 0 ? 0 : (first + 1) / chunks.length,
  };
}
