/** Supervised training on a task's noisy demonstrations: how the shipped base models are made. */
import { exp } from '../core/math.ts';
import { STREAM, streamAt } from '../core/random.ts';
import type { Task } from '../core/tasks/types.ts';
import { logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import type { AdamSettings, LanguageModel } from './types.ts';

export interface PretrainingRecipe {
  steps: number;
  /** Sequences a step. */
  sequences: number;
  /** Learning rate at the first and at the last step; linear between. */
  firstRate: number;
  lastRate: number;
}

/** 5,000 × 256 sequences, Adam 3e-3 → 1e-4. */
export const PRETRAINING: PretrainingRecipe = { steps: 5000, sequences: 256, firstRate: 3e-3, lastRate: 1e-4 };

const PRETRAINING_ADAM: Omit<AdamSettings, 'learningRate'> = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 };

/** Cross-entropy of `tokens` under rows of logits [K,V], nats a token, and its gradient ∂/∂logits. */
export function crossEntropy(logits: Float32Array, tokens: Int32Array, vocabulary: number): { loss: number; gradLogits: Float32Array } {
  const gradLogits = new Float32Array(logits.length);
  const logp = new Float64Array(vocabulary);
  let loss = 0;
  tokens.forEach((token, k) => {
    logSoftmaxInto(logp, logits, k * vocabulary, 1);
    loss -= logp[token];
    for (let v = 0; v < vocabulary; v++) gradLogits[k * vocabulary + v] = (exp(logp[v]) - (v === token ? 1 : 0)) / tokens.length;
  });
  return { loss: loss / tokens.length, gradLogits };
}

/** One step (counted from 0) on fresh demonstrations; returns the cross-entropy on response tokens before the step, nats. */
export function pretrainStep(model: LanguageModel, task: Task, seed: number, step: number, recipe: PretrainingRecipe): number {
  const pairs = Array.from({ length: recipe.sequences }, (_, i) => {
    const prompt = task.samplePrompt(streamAt(seed, STREAM.prompts, step, i));
    return { prompt, response: task.demonstrate(prompt, streamAt(seed, STREAM.demonstrations, step, i)) };
  });
  const tokens = Int32Array.from(pairs.flatMap((pair) => pair.response));
  const { logits } = model.forward(packResponses(pairs));
  const { loss, gradLogits } = crossEntropy(logits, tokens, model.config.vocabulary);
  model.backward(gradLogits);
  const share = recipe.steps > 1 ? step / (recipe.steps - 1) : 0;
  model.adamStep({ ...PRETRAINING_ADAM, learningRate: recipe.firstRate + (recipe.lastRate - recipe.firstRate) * share });
  return loss;
}
