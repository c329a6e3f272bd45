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
}

export interface AdamSettings {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** KV-cached sampling: rows are decoded in lock step, finished rows are dropped by the caller. */
export interface Decoder {
  /** Runs the prompts (all of them at position 0…) and returns the logits after each: [rows,V] and hidden [rows,d]. */
  prefill(prompts: readonly (readonly number[])[]): ForwardResult;
  /** Appends one token to each listed row and returns their next logits, in the order of `rows`. */
  step(rows: Int32Array, tokens: Int32Array): ForwardResult;
  dispose(): void;
}

/** One model on one backend. All methods are synchronous once `create…` has resolved. Returned arrays are copies that the caller owns. */
export interface LanguageModel {
  readonly backend: 'wasm' | 'tfjs-cpu';
  /** Why this is the slow engine, in words for the user; absent where it was chosen or is not slow. */
  readonly fallbackReason?: string;
  readonly config: ModelConfig;
  readonly layout: ParameterLayout;
  getParameters(): Float32Array;
  setParameters(values: Float32Array): void;
  getOptimizer(): { first: Float32Array; second: Float32Array; steps: number };
  setOptimizer(state: { first: Float32Array; second: Float32Array; steps: number }): void;
  /** Forward pass; keeps what `backward` needs until the next `forward`. */
  forward(batch: PackedSequences): ForwardResult;
  /** Gradient of the loss by all parameters, given ∂loss/∂logits [K,V] at the rows of the last `forward`. Replaces the stored gradient. */
  backward(gradLogits: Float32Array): void;
  getGradient(): Float32Array;
  /** √Σg² of the stored gradient. */
  gradientNorm(): number;
  /** One Adam step with the stored gradient. */
  adamStep(settings: AdamSettings): void;
  createDecoder(): Decoder;
  dispose(): void;
}
