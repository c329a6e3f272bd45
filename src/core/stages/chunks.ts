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
