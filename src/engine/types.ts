/**
 * The engine's contract: a causal transformer language model whose forward and backward pass a backend carries out.
 * Pre-norm (RMSNorm with gain, eps 1e-5), causal attention, GELU (tanh) MLP, learned positions, untied unembedding, no biases.
 */

export interface ModelConfig {
  vocabulary: number;
  width: number;
  heads: number;
  layers: number;
  /** MLP hidden size. */
  hidden: number;
  /** Longest sequence, prompt included. */
  context: number;
  /** Numbers that a head of its own reads from the final hidden state beside the logits (a value, a grid); absent: none. */
  outputs?: number;
}

/** Where each named weight lies in the flat parameter vector. */
export interface ParameterLayout {
  total: number;
  entries: readonly { name: string; shape: readonly number[]; offset: number; size: number }[];
}

/** Whole sequences (prompt + response) back to back, ragged. */
export interface PackedSequences {
  /** [M] token ids of all sequences. */
  ids: Int32Array;
  /** [S+1] start of each sequence in `ids`. */
  offsets: Int32Array;
  /** [K] rows (indices into `ids`) whose next-token logits are wanted, ascending. */
  rows: Int32Array;
}

export interface ForwardResult {
  /** [K,V] raw logits. */
  logits: Float32Array;
  /** [K,d] hidden state after the final norm. */
  hidden: Float32Array;
  /** [K,outputs] of the head; empty without one. */
  outputs: Float32Array;
}

export interface AdamSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** Adam's moments, and the steps that it has taken. */
export interface OptimizerState {
  first: Float32Array;
  second: Float32Array;
  steps: number;
}

/** KV-cached sampling: rows are decoded in lock step, finished rows are dropped by the caller. */
export interface Decoder {
  /** Runs the prompts (all of them at position 0…) and returns logits [rows,V], hidden [rows,d] and head outputs after each. */
  prefill(prompts: readonly (readonly number[])[]): ForwardResult;
  /** Appends one token to each listed row and returns their next logits, in the order of `rows`. */
  step(rows: Int32Array, tokens: Int32Array): ForwardResult;
  dispose(): void;
}

/** The prefixes of one prompt's responses as they are asked for, numbered in that order; 0 is the prompt itself. */
export interface PrefixCache {
  /** Logits [k,V] after each prefix that is one token after `parents` [k]; the first call is the prompt alone, parent −1 and any token. */
  extend(parents: Int32Array, tokens: Int32Array): Float32Array;
}

/** A decoder on a device that is read asynchronously. */
export interface DeferredDecoder {
  prefill(prompts: readonly (readonly number[])[]): Promise<ForwardResult>;
  step(rows: Int32Array, tokens: Int32Array): Promise<ForwardResult>;
  dispose(): void;
}

/** What every model answers at once, on whichever backend. Returned arrays are copies that the caller owns. */
interface ModelBase {
  /** Why this is the slow engine, in words for the user; absent where it was chosen or is not slow. */
  readonly fallbackReason?: string;
  readonly config: ModelConfig;
  readonly layout: ParameterLayout;
  getParameters(): Float32Array;
  setParameters(values: Float32Array): void;
  getOptimizer(): OptimizerState;
  setOptimizer(state: OptimizerState): void;
  getGradient(): Float32Array;
  /** √Σg² of the stored gradient. */
  gradientNorm(): number;
  /** One Adam step with the stored gradient. */
  adamStep(settings: AdamSettings): void;
  dispose(): void;
}

/** One model on one backend. All methods are synchronous once `create…` has resolved. */
export interface LanguageModel extends ModelBase {
  readonly backend: 'wasm' | 'tfjs-cpu';
  /** Forward pass; keeps what `backward` needs until the next `forward`. */
  forward(batch: PackedSequences): ForwardResult;
  /**
   * Gradient of the loss by all parameters, given ∂loss/∂logits [K,V] and ∂loss/∂outputs [K,outputs] (absent: 0) at the rows of the
   * last `forward`. Replaces the stored gradient.
   */
  backward(gradLogits: Float32Array, gradOutputs?: Float32Array): void;
  createDecoder(): Decoder;
  /**
   * Starts a cache of prefixes at the weights as they are, and ends the one before: a model has one at a time. Absent where the
   * backend has none; `forward` gives the same numbers then.
   */
  cachePrefixes?(prompt: readonly number[]): PrefixCache;
}

/** The same model on a device that is read asynchronously. */
export interface DeferredModel extends ModelBase {
  readonly backend: 'tfjs-webgpu';
  forward(batch: PackedSequences): Promise<ForwardResult>;
  backward(gradLogits: Float32Array, gradOutputs?: Float32Array): Promise<void>;
  createDecoder(): DeferredDecoder;
}

/** What the training loop runs on (`steps.ts`). */
export type AnyModel = LanguageModel | DeferredModel;
