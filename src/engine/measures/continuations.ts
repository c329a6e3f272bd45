import type { RolloutResponse } from '../../core/batch.ts';
import { valuedPrefixes } from '../../core/stages/stepAdvantage.ts';
import { continuationSteps } from '../continuations.ts';
import type { Measurer } from './types.ts';

/** Fresh continuations from the prefixes that the step advantage asks for; equal prefixes of a group share theirs. */
export const measureContinuations: Measurer<'continuations'> = function* (batch, { count }, { model, task, knobs }) {
  const responses: RolloutResponse[] = [];
  for (const { prompt, start, end } of batch.groups) {
    const own = batch.responses.slice(start, end).map((response) => ({
      response,
      prefixes: valuedPrefixes(response, knobs).map((after) => Array.from(batch.tokens.subarray(response.start, response.start + after))),
    }));
    const distinct = new Map(own.flatMap(({ prefixes }) => prefixes.map((prefix) => [prefix.join(), prefix] as const)));
    const drawn = yield* continuationSteps({
      model,
      task,
      prompt,
      prefixes: [...distinct.values()],
      count,
      baseTemperature: batch.baseTemperature,
      seed: batch.draw?.seed ?? 0,
      step: batch.draw?.step ?? 0,
    });
    const rewards = new Map([...distinct.keys()].map((key, k) => [key, drawn[k].map(({ reward }) => reward)]));
    for (const { response, prefixes } of own) {
      const continuations = prefixes.map((prefix) => ({ after: prefix.length, rewards: rewards.get(prefix.join()) ?? [] }));
      responses.push({ ...response, continuations });
    }
  }
  return { ...batch, responses };
};
