/** What each token of a response means for the answer: how much the distribution of the answer changes when the token is blotted out. */
import type { RolloutBatch, RolloutResponse } from '../../core/batch.ts';
import { klDivergence, logSoftmaxInto } from '../distribution.ts';
import { settled, type Steps } from '../steps.ts';
import type { AnyModel, PackedSequences } from '../types.ts';
import type { Measurer } from './types.ts';

/** Sequences in one forward pass. */
const TOGETHER = 256;

/** Position of the answer's last token in the response: the one before the end token, or the last one of a response that was cut off. */
export function answerPosition(batch: RolloutBatch, { start, end }: RolloutResponse): number {
  const length = end - start;
  return batch.tokens[end - 1] === batch.endToken ? length - 2 : length - 1;
}

/** Sequences back to back, of each of which the distribution after the last token is wanted. */
export function packLast(sequences: readonly (readonly number[])[]): PackedSequences {
  const offsets = new Int32Array(sequences.length + 1);
  sequences.forEach((sequence, s) => {
    offsets[s + 1] = offsets[s] + sequence.length;
  });
  return { ids: Int32Array.from(sequences.flat()), offsets, rows: offsets.subarray(1).map((end) => end - 1) };
}

/**
 * [N] KL(p ‖ p_t) in nats: p the model's distribution of the answer's last token after the prompt and the response up to it, p_t
 * the same with token t replaced by `blot`. NaN for the answer and what follows. At the model's present weights, which stay as they are.
 */
export function* importanceSteps(model: AnyModel, batch: RolloutBatch, blot: number): Steps<Float64Array> {
  const V = model.config.vocabulary;
  const importance = new Float64Array(batch.tokens.length).fill(NaN);
  const sequences: number[][] = [];
  /** Of each response with a reasoning: the place of its own text among the sequences; its blotted ones follow. */
  const firsts = new Map<RolloutResponse, number>();
  for (const response of batch.responses) {
    const { prompt } = batch.groups[response.group];
    const answer = answerPosition(batch, response);
    if (answer < 1) continue;
    const reasoning = Array.from(batch.tokens.subarray(response.start, response.start + answer));
    firsts.set(response, sequences.length);
    sequences.push([...prompt, ...reasoning]);
    reasoning.forEach((_, t) => sequences.push([...prompt, ...reasoning.map((token, k) => (k === t ? blot : token))]));
  }
  const logPi: Float64Array[] = [];
  for (let from = 0; from < sequences.length; from += TOGETHER) {
    const part = sequences.slice(from, from + TOGETHER);
    const { logits } = yield* settled(model.forward(packLast(part)));
    part.forEach((_, s) => {
      const row = new Float64Array(V);
      logSoftmaxInto(row, logits, s * V, batch.baseTemperature);
      logPi.push(row);
    });
  }
  for (const [response, first] of firsts) {
    const answer = answerPosition(batch, response);
    // Rounding can take the divergence of equal distributions a hair below 0.
    for (let t = 0; t < answer; t++) importance[response.start + t] = Math.max(0, klDivergence(logPi[first], logPi[first + 1 + t]));
  }
  return importance;
}

/** The batch with the importance of its tokens. A tiny vocabulary has no padding: the end token, which stands in no text, blots one out. */
export const measureImportance: Measurer<'importance'> = function* (batch, _, { model, task }) {
  const importance = yield* importanceSteps(model, batch, task.endToken);
  return { ...batch, fields: { ...batch.fields, importance } };
};
