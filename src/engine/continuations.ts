/** Monte-Carlo values: K continuations of each prefix, drawn from the policy and verified. */
import { hashText, STREAM, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { KnobValues, SamplingStage } from '../core/stages/types.ts';
import type { MethodState } from '../core/batch.ts';
import type { Task } from '../core/tasks/types.ts';
import { sampleSteps } from './sampler.ts';
import { finish, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

/** A method's sampling stage, where it draws otherwise than from π itself. */
export interface Drawing {
  stage: SamplingStage;
  knobs: KnobValues;
  state: MethodState;
}

export interface Continued {
  /** The whole answer, prefix included. */
  tokens: number[];
  reward: number;
}

export interface ContinuationRequest<M extends AnyModel = LanguageModel> {
  model: M;
  task: Task;
  prompt: readonly number[];
  /** Prefixes of responses that have not ended, each once. */
  prefixes: readonly (readonly number[])[];
  /** K continuations a prefix. */
  count: number;
  baseTemperature: number;
  seed: number;
  /** Number of the first continuation, 0 by default: the draws of a later one are the same whether or not the earlier are asked for. */
  first?: number;
  /** Absent: the policy itself. */
  drawing?: Drawing | null;
  /** Step of a run, whose draws then differ from step to step. */
  step?: number;
}

/** [prefixes][K] rewards of `drawContinuations`. */
export const sampleContinuations = (request: ContinuationRequest): number[][] =>
  drawContinuations(request).map((drawn) => drawn.map(({ reward }) => reward));

/**
 * [prefixes][K] continued answers. The draws depend on the seed, the prompt, the prefix and k alone, so that a prefix has the same rewards
 * whichever others are asked for, and the first K of them whatever K is. Throws for a prefix that has ended.
 */
export const drawContinuations = (request: ContinuationRequest): Continued[][] => finish(continuationSteps(request));

/** As `drawContinuations`, on any model. */
export function* continuationSteps(request: ContinuationRequest<AnyModel>): Steps<Continued[][]> {
  const { model, task, prompt, prefixes, count, baseTemperature, seed, step, first = 0 } = request;
  const drawing = request.drawing ?? { stage: temperatureSampling, knobs: { temperature: baseTemperature }, state: null };
  const drawn: Continued[][] = prefixes.map(() => []);
  // Rows of one call share the number of tokens that are left.
  for (const length of new Set(prefixes.map((prefix) => prefix.length))) {
    const own = [...prefixes.keys()].filter((p) => prefixes[p].length === length);
    const ended = own.find((p) => prefixes[p].includes(task.endToken) || length >= task.maxTokens);
    if (ended !== undefined) throw new Error(`Prefix ${ended + 1} has ended: it has a reward and no continuation.`);
    const keys = own.map((p) => hashText(`${prompt.join()}:${prefixes[p].join()}`));
    const place = step === undefined ? [] : [step];
    const responses = yield* sampleSteps({
      model,
      task: { endToken: task.endToken, maxTokens: task.maxTokens - length },
      prompts: own.flatMap((p) => Array.from({ length: count }, () => [...prompt, ...prefixes[p]])),
      baseTemperature,
      choose: {
        kind: 'draw',
        ...drawing,
        uniform: (row, position) =>
          uniformAt(seed, STREAM.continuations, ...place, keys[Math.floor(row / count)], first + (row % count), position),
      },
    });
    responses.forEach((response, row) => {
      const p = own[Math.floor(row / count)];
      const tokens = [...prefixes[p], ...response.tokens];
      drawn[p].push({ tokens, reward: task.verify(prompt, tokens).reward });
    });
  }
  return drawn;
}
