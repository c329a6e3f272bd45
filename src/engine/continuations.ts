/** Monte-Carlo values: K continuations of each prefix, drawn from the policy and verified. */
import { hashText, STREAM, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { Task } from '../core/tasks/types.ts';
import { sampleResponses } from './sampler.ts';
import type { LanguageModel } from './types.ts';

export interface ContinuationRequest {
  model: LanguageModel;
  task: Task;
  prompt: readonly number[];
  /** Prefixes of responses that have not ended, each once. */
  prefixes: readonly (readonly number[])[];
  /** K continuations a prefix. */
  count: number;
  baseTemperature: number;
  seed: number;
}

/**
 * [prefixes][K] rewards. The draws depend on the seed, the prompt, the prefix and k alone, so that a prefix has the same rewards
 * whichever others are asked for, and the first K of them whatever K is. Throws for a prefix that has ended.
 */
export function sampleContinuations(request: ContinuationRequest): number[][] {
  const { model, task, prompt, prefixes, count, baseTemperature, seed } = request;
  const rewards: number[][] = prefixes.map(() => []);
  // Rows of one call share the number of tokens that are left.
  for (const length of new Set(prefixes.map((prefix) => prefix.length))) {
    const own = [...prefixes.keys()].filter((p) => prefixes[p].length === length);
    const ended = own.find((p) => prefixes[p].includes(task.endToken) || length >= task.maxTokens);
    if (ended !== undefined) throw new Error(`Prefix ${ended + 1} has ended: it has a reward and no continuation.`);
    const keys = own.map((p) => hashText(`${prompt.join()}:${prefixes[p].join()}`));
    const responses = sampleResponses({
      model,
      task: { endToken: task.endToken, maxTokens: task.maxTokens - length },
      prompts: own.flatMap((p) => Array.from({ length: count }, () => [...prompt, ...prefixes[p]])),
      baseTemperature,
      choose: {
        kind: 'draw',
        stage: temperatureSampling,
        knobs: { temperature: baseTemperature },
        state: null,
        uniform: (row, position) => uniformAt(seed, STREAM.continuations, keys[Math.floor(row / count)], row % count, position),
      },
    });
    responses.forEach(({ tokens }, row) => {
      const p = own[Math.floor(row / count)];
      rewards[p].push(task.verify(prompt, [...prefixes[p], ...tokens]).reward);
    });
  }
  return rewards;
}
