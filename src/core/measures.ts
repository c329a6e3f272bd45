/**
 * Measures: what a method asks of the engine before a stage needs it, beyond the fields that every rollout has. A kind is one
 * line of this union, one file `src/engine/measures/<kind>.ts` that answers it, and one line of the table there.
 */
import type { RolloutBatch } from './batch.ts';
import { lacks, missingFor } from './compose.ts';
import { GRADIENT_PRODUCTS } from './stages/gradientNames.ts';
import type { ComposedMethod } from './pipeline.types.ts';
import type { KnobValues, Need } from './stages/types.ts';

export type Measure =
  /** Logits and hidden states, and what follows from them: log-probs and entropies of the sampling policy, where they are missing. */
  | { kind: 'states' }
  /** Log-probs of the run's reference model. */
  | { kind: 'reference' }
  /** The answers of the method's own second models. */
  | { kind: 'models' }
  /** The reward of the greedy answer to each prompt. */
  | { kind: 'greedy' }
  /** Inner products of the gradients of every token by all parameters. */
  | { kind: 'gradients' }
  /** How much the distribution of the answer changes without each token. */
  | { kind: 'importance' }
  /** How steeply the answer's distribution turns with each token's embedding: `measured.<name>`. */
  | { kind: 'gradientImportance'; name: string }
  /** The reference answer, forced after each reasoning and after each token of it, under the policy and the second models that read it. */
  | { kind: 'answers' }
  /** Raw logits of the run's reference model at every token: `measured.<name>`. */
  | { kind: 'referenceLogits'; name: string }
  /** The answer of a second network (kind `values`) after every candidate token of every prefix: `measured.<name>`. */
  | { kind: 'candidates'; model: string; name: string }
  /** Rewards of K continuations from the prefixes that the knobs of the step advantage ask for. */
  | { kind: 'continuations'; count: number }
  /** A text of an unlabelled corpus for each group, with its log-probs and entropies. */
  | { kind: 'corpus' };

/** The measure that fills a need whichever method has it; null where only a task, a step of training or the method's own measure does. */
function usualMeasure(need: Need): Measure | null {
  switch (need) {
    case 'logits':
    case 'hidden':
    case 'oldLogprobs':
    case 'oldEntropies':
    case 'logprobs':
    case 'entropies':
    case 'sumPiSquared':
      return { kind: 'states' };
    case 'refLogprobs':
      return { kind: 'reference' };
    case 'greedyReward':
      return { kind: 'greedy' };
    case 'importance':
      return { kind: 'importance' };
    case `measured:${GRADIENT_PRODUCTS}`:
      return { kind: 'gradients' };
    case 'answerLogprobs':
    case 'proxyAnswerLogprobs':
      return { kind: 'answers' };
    case 'corpusLogprobs':
      return { kind: 'corpus' };
    case 'values':
      return { kind: 'models' };
    default:
      return need.endsWith('.logprobs') ? { kind: 'models' } : null;
  }
}

/** What a method's measure gives, so that it is made only where the batch lacks it. */
export interface AskedMeasure {
  measure: Measure;
  gives: readonly Need[];
}

/** The measures that fill these needs, each once, in the order of the needs, and the needs that no measure fills. */
export function measuresFor(missing: readonly Need[], asked: readonly AskedMeasure[]): { measures: Measure[]; unfilled: Need[] } {
  const measures: Measure[] = [];
  const unfilled: Need[] = [];
  for (const need of missing) {
    const measure = asked.find(({ gives }) => gives.includes(need))?.measure ?? usualMeasure(need);
    if (!measure) unfilled.push(need);
    else if (!measures.some((other) => JSON.stringify(other) === JSON.stringify(measure))) measures.push(measure);
  }
  return { measures, unfilled };
}

/** What a batch lacks of a method's needs and of what its measures give. */
export function missingMeasured(batch: RolloutBatch, composed: ComposedMethod, knobs: KnobValues): Need[] {
  const gives = composed.measures(knobs).flatMap((asked) => asked.gives);
  return [...new Set([...missingFor(batch, composed, knobs), ...gives.filter((need) => lacks(batch, need))])];
}
