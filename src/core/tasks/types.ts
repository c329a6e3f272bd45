import type { Span } from '../batch.ts';
import type { RandomStream } from '../random.ts';

export interface Verdict {
  reward: number;
  parts?: readonly number[];
  spans?: readonly Span[];
}

/** A toy task with a verifiable reward. Tokens are ids into `vocabulary`. */
export interface Task {
  meta: {
    id: string;
    title: string;
    /** One sentence for the audience: what the model is asked and what is checked. */
    sentence: string;
    /** One line that explains the glyphs of a response. */
    legend: string;
  };
  /** Glyph of each token id. V = vocabulary.length ≤ 32. */
  vocabulary: readonly string[];
  /** The token that ends a response; it is part of the response. */
  endToken: number;
  /** L: responses are cut off here and verified as they stand. */
  maxTokens: number;
  maxPromptTokens: number;
  /** A prompt of the training split, or with `heldOut` one that training never sees. */
  samplePrompt(random: RandomStream, heldOut?: boolean): number[];
  verify(prompt: readonly number[], response: readonly number[]): Verdict;
  /** A noisy demonstration: the response tokens for this prompt, end token included. */
  demonstrate(prompt: readonly number[], random: RandomStream): number[];
  /** Per position: is this token a decision or a format token that deserves nothing? */
  isFormatToken?(prompt: readonly number[], response: readonly number[], position: number): boolean;
}
