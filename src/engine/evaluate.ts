/** Rewards of a model on prompts that training never sees. */
import { hashText, STREAM, streamAt, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { Task } from '../core/tasks/types.ts';
import { sampleResponses } from './sampler.ts';
import type { SampledResponse } from './sampler.ts';
import type { LanguageModel } from './types.ts';

export interface AnswersRequest {
  model: LanguageModel;
  task: Task;
  prompts: readonly (readonly number[])[];
  /** 1 by default. */
  temperature?: number;
  seed: string;
  /** Logits and hidden states too. */
  keepStates?: boolean;
}

export interface Evaluation {
  reward: number;
  /** Mean response length, tokens. */
  length: number;
  /** Mean token entropy of π, nats. */
  entropy: number;
  /** Share of responses that open with each token, by token id. */
  openings: ReadonlyMap<number, number>;
  /** Mean reward of the responses that open with each token. */
  rewardByOpening: ReadonlyMap<number, number>;
}

/** `count` prompts drawn from the held-out split, the same for every model. A small split repeats some; each is answered anew. */
export function heldOutPrompts(task: Task, count: number): number[][] {
  const seed = hashText('held-out');
  return Array.from({ length: count }, (_, i) => task.samplePrompt(streamAt(seed, STREAM.evaluation, i), true));
}

/** One response a prompt at T = `temperature`, greedy where it is 0. The draws depend on the seed, the row and the position alone. */
export function drawAnswers({ model, task, prompts, temperature = 1, seed, keepStates }: AnswersRequest): SampledResponse[] {
  const key = hashText(seed);
  return sampleResponses({
    model,
    task,
    prompts,
    baseTemperature: 1,
    choose:
      temperature === 0
        ? { kind: 'greedy' }
        : {
            kind: 'draw',
            stage: temperatureSampling,
            knobs: { temperature },
            state: null,
            uniform: (row, position) => uniformAt(key, STREAM.evaluation, row, position),
          },
    ...(keepStates ? { keepStates } : {}),
  });
}

/** Mean reward over one response a prompt, sampled at T = `temperature` or greedy where it is 0. */
export function evaluate(
  model: LanguageModel,
  task: Task,
  prompts: readonly (readonly number[])[],
  temperature: number,
  seed = 'evaluation',
): Evaluation {
  let reward = 0;
  let tokens = 0;
  let entropy = 0;
  const opened = new Map<number, { count: number; reward: number }>();
  const responses = drawAnswers({ model, task, prompts, temperature, seed });
  responses.forEach((response, i) => {
    const verdict = task.verify(prompts[i], response.tokens).reward;
    reward += verdict;
    tokens += response.tokens.length;
    for (const h of response.entropies) entropy += h;
    const opening = opened.get(response.tokens[0]) ?? { count: 0, reward: 0 };
    opened.set(response.tokens[0], { count: opening.count + 1, reward: opening.reward + verdict });
  });
  return {
    reward: reward / prompts.length,
    length: tokens / prompts.length,
    entropy: entropy / tokens,
    openings: new Map([...opened].map(([token, { count }]) => [token, count / prompts.length])),
    rewardByOpening: new Map([...opened].map(([token, { count, reward: sum }]) => [token, sum / count])),
  };
}
