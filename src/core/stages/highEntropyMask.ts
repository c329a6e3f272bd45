import { quantile } from '../stats.ts';
import { perBatch, perToken } from '../trace.ts';
import { clippedSurrogate } from './clippedSurrogate.ts';
import { requireField } from './fields.ts';
import { maskTokens } from './tokenMask.ts';
import type { Knob, LossStage } from './types.ts';

/**
 * The tokens of highest entropy: keep = [H ≥ threshold], the threshold the quantile at 1 − share, between neighbours linear.
 * Entropies and threshold are compared as float32, as the source does; in float64 a threshold that rounds up would drop the
 * very token that it was taken from [huggingface/trl@f2cd577 grpo_trainer.py:1396 get_high_entropy_mask].
 */
export function highEntropyMask(entropies: Float64Array, share: number): { threshold: number; keep: Float64Array } {
  const rounded = entropies.map(Math.fround);
  const threshold = Math.fround(quantile(rounded, 1 - share));
  return { threshold, keep: rounded.map((entropy) => (entropy >= threshold ? 1 : 0)) };
}

/** The clipped surrogate on the tokens of the minibatch where the current policy is least certain; the mean counts all tokens. */
export const highEntropyLoss: LossStage = (input) => {
  const entropies = requireField(input.batch, 'entropies');
  const { threshold, keep } = highEntropyMask(entropies, input.knobs.entropyShare);
  const result = maskTokens(clippedSurrogate(input), keep);
  return {
    ...result,
    trace: {
      ...result.trace,
      entropies: perToken(entropies),
      entropyThreshold: perBatch(threshold),
      entropyMargin: perToken(entropies.map((entropy) => entropy - threshold)),
      entropyMask: perToken(keep),
    },
  };
};

export const ENTROPY_SHARE_KNOB: Knob = {
  id: 'entropyShare',
  label: 'Share of tokens that learn',
  symbol: '\\rho',
  stage: 'loss',
  default: 0.2,
  min: 0.01,
  max: 1,
  step: 0.01,
  scale: 'lin',
  unit: '',
  meaning: 'Only this share of the minibatch’s tokens, those of highest entropy, is trained on; at 1 every token is.',
  paper: { value: 0.2, source: '80/20 paper §5: ρ = 20 %' },
  applies: 'credit',
};
