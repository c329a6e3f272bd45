/** Cutting a response into its thinking part and the chunks of it, as DECS does (methods' token-level rewards read them). */

/** A stretch of a response, in token positions: [start, end). */
export interface TokenRange {
  start: number;
  end: number;
}

/** Where thinking ends, exclusive: the first think-end token, or the end of a response that has none. */
export function thinkingEnd(tokens: ArrayLike<number>, thinkEndToken: number): number {
  for (let t = 0; t < tokens.length; t++) if (tokens[t] === thinkEndToken) return t;
  return tokens.length;
}

/** The chunks of tokens [0, end): a new one begins before every split token, so they cover the stretch in order. Empty where `end` is 0. */
export function chunkRanges(tokens: ArrayLike<number>, end: number, isSplit: (token: number) => boolean): TokenRange[] {
  const chunks: TokenRange[] = [];
  let start = 0;
  for (let t = 1; t <= end; t++) {
    if (t < end && !isSplit(tokens[t])) continue;
    chunks.push({ start, end: t });
    start = t;
  }
  return chunks;
}

/** Whether a line ends inside the chunk: some newline after its first token that is none, and some before its last one. */
function hasInnerNewline(tokens: ArrayLike<number>, { start, end }: TokenRange, isNewline: (token: number) => boolean): boolean {
  let first = start;
  while (first < end && isNewline(tokens[first])) first++;
  let last = end - 1;
  while (last >= start && isNewline(tokens[last])) last--;
  let isAfter = false;
  let isBefore = false;
  for (let t = start; t < end; t++) {
    if (!isNewline(tokens[t])) continue;
    isAfter ||= t > first;
    isBefore ||= t < last;
  }
  return isAfter && isBefore;
}

/**
 * Chunks without a line end inside are joined to the next one; the last stays as it is. For tokens without newlines leave it
 * out: everything would be joined. [pixas/DECS@0d12e53 reward_manager.py split_based_on_tokens]
 */
export function mergeShortChunks(
  tokens: ArrayLike<number>,
  chunks: readonly TokenRange[],
  isNewline: (token: number) => boolean,
): TokenRange[] {
  const merged: TokenRange[] = [];
  let start = 0;
  chunks.forEach((chunk, c) => {
    if (c < chunks.length - 1 && !hasInnerNewline(tokens, chunk, isNewline)) return;
    merged.push({ start, end: chunk.end });
    start = chunk.end;
  });
  return merged;
}
