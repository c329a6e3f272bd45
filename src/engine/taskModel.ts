import type { Task } from '../core/tasks/types.ts';
import type { ModelConfig } from './types.ts';

/** The default model for a task: 2 layers, width 32, 2 heads, MLP 128, as long a context as the task can fill. */
export function taskModelConfig(task: Pick<Task, 'vocabulary' | 'maxPromptTokens' | 'maxTokens'>): ModelConfig {
  return {
    vocabulary: task.vocabulary.length,
    width: 32,
    heads: 2,
    layers: 2,
    hidden: 128,
    context: task.maxPromptTokens + task.maxTokens,
  };
}
