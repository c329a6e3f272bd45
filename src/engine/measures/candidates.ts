import { candidateValues } from '../candidates.ts';
import type { Measurer } from './types.ts';

/** What a second network says after every candidate token of every prefix, [N,V]. */
export const measureCandidates: Measurer<'candidates'> = function* (batch, { model: name, name: entry }, { second }) {
  const own = second.find(({ spec }) => spec.name === name)?.own;
  if (!own) return batch;
  const width = own.config.vocabulary;
  const values = new Float64Array(batch.tokens.length * width);
  const prefixes = batch.responses.flatMap(({ group, start, end }) =>
    Array.from({ length: end - start }, (_, t) => [...batch.groups[group].prompt, ...batch.tokens.subarray(start, start + t)]),
  );
  candidateValues(own, prefixes).forEach((row, t) => values.set(row, t * width));
  return { ...batch, measured: { ...batch.measured, [entry]: { level: 'token', width, values } } };
};
