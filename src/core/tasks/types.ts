import type { Span } from '../batch.ts';
import type { RandomStream } from '../random.ts';
import type { Need } from '../stages/types.ts';

export interface Verdict {
  reward: number;
  parts?: readonly number[];
  spans?: readonly Span[];
}

/** What a person reads for a stretch of a response: the stack after a word, the value of an expression. */
export interface Annotation {
  /** Token positions of the response, [start, end). */
  start: number;
  end: number;
  text: string;
  /** A wrong step; one that the response itself takes back; one that was not needed any more. */
  mark?: 'wrong' | 'undone' | 'redundant';
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
    /** What its batches hold beyond tokens and a scalar reward, for methods that need it. */
    provides?: readonly Need[];
    /** What each entry of `parts` tests, for tasks that give them. */
    tests?: readonly string[];
  };
  /** Glyph of each token id. V = vocabulary.length ≤ 32. */
  vocabulary: readonly string[];
  /** The token that ends a response; it is part of the response. */
  endToken: number;
  /** L: responses are cut off here and verified as they stand. */
  maxTokens: number;
  maxPromptTokens: number;
  /**
   * A prompt of the training split, or with `heldOut` one that training never sees. A task with `efforts` asks for the
   * effort of this `level`, or draws one where none is given.
   */
  samplePrompt(random: RandomStream, heldOut?: boolean, level?: number): number[];
  /** Effort levels that a prompt can ask for: a block of so many prompts of a step asks one question at each. Absent: none. */
  efforts?: number;
  verify(prompt: readonly number[], response: readonly number[]): Verdict;
  /** A noisy demonstration: the response tokens for this prompt, end token included. */
  demonstrate(prompt: readonly number[], random: RandomStream): number[];
  /** For tasks whose responses reason first and then answer: what the answer should have been, and where the reasoning ends. */
  reference?: {
    /** The reference answer's tokens, end token included. */
    answer(prompt: readonly number[]): readonly number[];
    /** How many tokens of a response are reasoning, and whether an answer of the right form follows them. */
    split(prompt: readonly number[], response: readonly number[]): { reasoning: number; isWellFormed: boolean };
    /** The response that gives the reference answer without any reasoning: behind the prompt, a text of an unlabelled corpus. */
    plain(prompt: readonly number[]): readonly number[];
  };
  /** The response in words, in order of `start`. */
  render?(prompt: readonly number[], response: readonly number[]): readonly Annotation[];
  /** The effort r that a prompt asks for, and the same number for all prompts that ask the same question at different efforts. */
  effortOf?(prompt: readonly number[]): { effort: number; query: number };
  /** Per position: is this token a decision or a format token that deserves nothing? */
  isFormatToken?(prompt: readonly number[], response: readonly number[], position: number): boolean;
}
