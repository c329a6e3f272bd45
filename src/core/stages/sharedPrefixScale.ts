import type { RolloutBatch } from '../batch.ts';
import { buildPrefixTree } from '../prefixTree.ts';
import { perToken } from '../trace.ts';
import { constantClip } from './adaptiveClip.ts';
import { knobWeights } from './aggregation.ts';
import { surrogateLoss } from './clippedSurrogate.ts';
import { weightedKlLoss } from './klLoss.ts';
import type { LossStage, StageInput } from './types.ts';

/** [N] how many responses of the token's own group share the text up to and including it, the response itself included. */
export function sharedPrefixCounts(batch: RolloutBatch): Float64Array {
  const counts = new Float64Array(batch.tokens.length);
  batch.groups.forEach((_, g) => {
    const tree = buildPrefixTree(batch, g);
    counts.set(tree.countAfter, tree.tokenStart);
  });
  return counts;
}

/** The aggregation weights over those counts, [N]. */
function scaledWeights({ batch, knobs }: StageInput) {
  const counts = sharedPrefixCounts(batch);
  const plain = knobWeights(batch, knobs);
  return { counts, plain, weights: plain.map((weight, t) => weight / counts[t]) };
}

/**
 * λ-GRPO: each token's loss over the number of responses that share the prefix through it, so that a step of the prefix
 * tree weighs the same however many samples pass it [coli-saar/grpo-prm@6bc58b1 utils.py InfPRMTree.loss_scales, trainer.py _step].
 */
export const sharedPrefixLoss: LossStage = (input) => {
  const { counts, plain, weights } = scaledWeights(input);
  const result = surrogateLoss(input, input.advantages, constantClip(input.batch.tokens.length, input.knobs), weights);
  return {
    ...result,
    trace: {
      ...result.trace,
      sharedBy: perToken(counts),
      prefixScale: perToken(counts.map((count) => 1 / count)),
      plainWeight: perToken(plain),
    },
  };
};

/** The KL of the same tokens, scaled alike: it stands inside the scaled loss. */
export const sharedPrefixKl: LossStage = (input) => weightedKlLoss(input, () => scaledWeights(input).weights);
