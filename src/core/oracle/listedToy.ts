/** Random tasks so small that every response can be listed, and decoding by values on them: both exact. */
import { hashText, uniformAt } from '../random.ts';
import { augmentLogits } from '../stages/valueAugmentation.ts';
import { evaluateDecoding, listTask, optimumAt } from './tilt.ts';
import type { ListedTask, Operating, Outcome } from './tilt.ts';

/** Five symbols, four of them in every response (625 responses), one in `share` is right. */
export const listedToy = (seed: number, share: number): ListedTask => ({
  vocabulary: 5,
  endToken: -1,
  maxTokens: 4,
  reward: (response) => (hashText(`${seed}:${response.join()}`) % share === 0 ? 1 : 0),
  logits: (prefix) => Float64Array.from({ length: 5 }, (_, v) => 3 * uniformAt(seed, hashText(prefix.join()), v)),
});

/** Value-augmented decoding with the exact values of the base policy, over the whole vocabulary, and the best that its KL could buy. */
export function decodeByValues(task: ListedTask, beta: number): { decoded: Operating; optimum: Operating; outcomes: Outcome[] } {
  const { outcomes, candidateValues } = listTask(task);
  const decoded = evaluateDecoding(task, (logits, prefix) => {
    const out = new Float64Array(task.vocabulary);
    augmentLogits(logits, candidateValues(prefix), beta, task.vocabulary, out);
    return out;
  });
  return { decoded, optimum: optimumAt(outcomes, decoded.kl), outcomes };
}
