import type { PackedSequences } from './types.ts';

/** A prompt and a response to it. */
export interface Pair {
  prompt: readonly number[];
  response: ArrayLike<number>;
}

/**
 * Packs prompt + response pairs for a teacher-forced forward pass: one wanted row per response token, the row that
 * predicts it. The last token predicts nothing that is asked for and is left out, unless `withEnd` asks for one row more
 * a response: that of the state after it.
 */
export function packResponses(pairs: readonly Pair[], withEnd = false): PackedSequences {
  const extra = withEnd ? 1 : 0;
  let size = 0;
  let wanted = 0;
  for (const { prompt, response } of pairs) {
    size += prompt.length + response.length - 1 + extra;
    wanted += response.length + extra;
  }
  const ids = new Int32Array(size);
  const offsets = new Int32Array(pairs.length + 1);
  const rows = new Int32Array(wanted);
  let at = 0;
  let row = 0;
  pairs.forEach(({ prompt, response }, s) => {
    for (let t = 0; t < response.length + extra; t++) rows[row++] = at + prompt.length - 1 + t;
    ids.set(prompt, at);
    at += prompt.length;
    for (let t = 0; t < response.length - 1 + extra; t++) ids[at++] = response[t];
    offsets[s + 1] = at;
  });
  return { ids, offsets, rows };
}
