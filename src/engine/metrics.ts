import type { RolloutBatch } from '../core/batch.ts';
import { batchPassAtK, passAtKSizes } from '../core/metrics/passAtK.ts';
import { mean } from '../core/stats.ts';
import type { StepMetrics } from './protocol.ts';
import { rolloutHash } from './rollout.ts';

/** One row of the curves from a finished batch; `step` counts from 1. */
export function stepMetrics(batch: RolloutBatch, step: number, klToBase: number, clipFraction: number): StepMetrics {
  const last = batch.updates[batch.updates.length - 1];
  const smallest = Math.min(...batch.groups.map((group) => group.end - group.start));
  return {
    step,
    reward: mean(batch.responses.map((response) => response.reward)),
    passAtK: passAtKSizes(smallest).map((k) => [k, batchPassAtK(batch, k)] as const),
    entropy: mean(batch.fields.oldEntropies ?? []),
    length: batch.tokens.length / batch.responses.length,
    clipFraction,
    klToBase,
    gradientNorm: last?.gradientNorm ?? 0,
    loss: last?.loss ?? 0,
    rolloutHash: rolloutHash(batch),
  };
}
