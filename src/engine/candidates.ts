/** What a second network says of a text with each possible token added: one forward pass that computes what the texts share once. */
import type { LanguageModel } from './types.ts';

/** Texts evaluated in one pass: enough to fill the kernels, few enough for their memory. */
const TEXTS = 32;

/** [texts] of [V]: the network's first output after each text and one more token. Equal texts are evaluated once. */
export function candidateValues(model: LanguageModel, texts: readonly (readonly number[])[]): Float64Array[] {
  const V = model.config.vocabulary;
  const distinct = new Map(texts.map((text) => [text.join(), text]));
  const keys = [...distinct.keys()];
  const found = new Map<string, Float64Array>();
  for (let from = 0; from < keys.length; from += TEXTS) {
    const part = keys.slice(from, from + TEXTS);
    const sequences = part.flatMap((key) => Array.from({ length: V }, (_, token) => [...(distinct.get(key) ?? []), token]));
    const offsets = new Int32Array(sequences.length + 1);
    sequences.forEach((sequence, s) => {
      offsets[s + 1] = offsets[s] + sequence.length;
    });
    const { outputs } = model.forward({
      ids: Int32Array.from(sequences.flat()),
      offsets,
      rows: offsets.subarray(1).map((end) => end - 1),
    });
    const width = model.config.outputs ?? 0;
    part.forEach((key, k) =>
      found.set(
        key,
        Float64Array.from({ length: V }, (_, token) => outputs[(k * V + token) * width]),
      ),
    );
  }
  return texts.map((text) => found.get(text.join()) as Float64Array);
}
