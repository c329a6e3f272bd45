/** A task so small that every response can be listed: four tokens, at most three of them in a response; even sums are right. */
import { exp } from '../../src/core/math.ts';
import type { Task } from '../../src/core/tasks/types.ts';
import { prefixEvaluator } from '../../src/engine/oracle.ts';
import type { LanguageModel, ModelConfig } from '../../src/engine/types.ts';

export const evenTask: Task = {
  meta: { id: 'even', title: 'Even', sentence: '', legend: '' },
  vocabulary: ['.', 'a', 'b', 'c'],
  endToken: 0,
  maxTokens: 3,
  maxPromptTokens: 2,
  samplePrompt: (random) => [1 + random.integer(3), 2],
  verify: (_prompt, response) => ({ reward: response.reduce((a, b) => a + b, 0) % 2 === 0 ? 1 : 0 }),
  demonstrate: () => [0],
};

export const EVEN_PROMPT: readonly number[] = [1, 2];

export const EVEN_CONFIG: ModelConfig = { vocabulary: 4, width: 8, heads: 2, layers: 1, hidden: 16, context: 8 };

/** Expected reward below a prefix: the sum over all responses, the model asked one prefix at a time. */
export function evenValue(model: LanguageModel, temperature: number, prefix: readonly number[] = []): number {
  const { endToken, maxTokens, verify } = evenTask;
  if (prefix[prefix.length - 1] === endToken || prefix.length === maxTokens) return verify(EVEN_PROMPT, prefix).reward;
  const evaluate = prefixEvaluator(model, [...EVEN_PROMPT, ...prefix], temperature);
  const logp = evaluate({ parents: Int32Array.of(-1), tokens: Int32Array.of(-1) });
  return logp.reduce((sum, x, v) => sum + exp(x) * evenValue(model, temperature, [...prefix, v]), 0);
}
