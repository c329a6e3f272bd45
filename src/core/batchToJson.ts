import type { RolloutBatch, TokenMatrix } from './batch.ts';
import { MATRICES, TOKEN_FIELDS } from './batchJson.ts';
import { forcedToJson } from './forcedJson.ts';
import type { JsonObject } from './jsonReader.ts';
import { writeAnyNumber } from './jsonReader.ts';

/** The whole batch as plain JSON, readable by `batchFromJson`. */
export function batchToJson(batch: RolloutBatch): JsonObject {
  const rows = (matrix: TokenMatrix, start: number, end: number) =>
    Array.from({ length: end - start }, (_, t) =>
      Array.from(matrix.data.subarray((start + t) * matrix.width, (start + t + 1) * matrix.width)),
    );
  return {
    format: 'creditscope-batch',
    version: 1,
    baseTemperature: batch.baseTemperature,
    ...(batch.endToken === undefined ? {} : { endToken: batch.endToken }),
    ...(batch.maxTokens === undefined ? {} : { maxTokens: batch.maxTokens }),
    ...(batch.draw ? { draw: batch.draw } : {}),
    groups: batch.groups.map(({ prompt, start: first, end: last, ...group }, g) => ({
      promptTokens: prompt,
      ...group,
      ...forcedToJson(batch, g),
      responses: batch.responses.slice(first, last).map(({ group: _group, start, end, ...response }, i) => ({
        tokens: Array.from(batch.tokens.subarray(start, end)),
        ...response,
        ...forcedToJson(batch, g, first + i),
        ...(batch.source ? { source: Array.from(batch.source.subarray(start, end)) } : {}),
        ...Object.fromEntries(
          TOKEN_FIELDS.flatMap((field) => {
            const values = batch.fields[field];
            return values ? [[field, Array.from(values.subarray(start, end), writeAnyNumber)]] : [];
          }),
        ),
        ...Object.fromEntries(
          MATRICES.flatMap((name) => {
            const matrix = batch[name];
            return matrix ? [[name, rows(matrix, start, end)]] : [];
          }),
        ),
      })),
    })),
    updates: batch.updates.map(({ logprobs, entropies, gradLogprobs, forced, loss, gradientNorm, ...update }) => ({
      ...update,
      ...(forced ? { forced: { logprobs: Array.from(forced.logprobs), gradLogprobs: Array.from(forced.gradLogprobs) } } : {}),
      logprobs: Array.from(logprobs),
      entropies: Array.from(entropies),
      gradLogprobs: Array.from(gradLogprobs),
      loss: writeAnyNumber(loss),
      gradientNorm: writeAnyNumber(gradientNorm),
    })),
    ...(batch.trainedWith
      ? {
          trainedWith: {
            method: batch.trainedWith.method,
            knobs: Object.fromEntries(Object.entries(batch.trainedWith.knobs).map(([id, value]) => [id, writeAnyNumber(value)])),
            state: batch.trainedWith.state,
          },
        }
      : {}),
    ...(batch.snapshots ? { snapshots: batch.snapshots } : {}),
  };
}
