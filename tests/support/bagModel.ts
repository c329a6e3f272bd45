/**
 * The smallest model with the engine's contract: next-token logits are a sum of learned rows, one for the current
 * token, one for its position and one for every token so far. Linear, so its gradient is exact and its training fast.
 */
import type { AdamSettings, Decoder, ForwardResult, LanguageModel, ModelConfig, PackedSequences } from '../../src/engine/types.ts';

export function createBagModel(config: ModelConfig): LanguageModel {
  const { vocabulary: V, context: C, width: d } = config;
  const total = (2 * V + C) * V;
  const parameters = new Float32Array(total);
  const gradient = new Float32Array(total);
  let optimizer = { first: new Float32Array(total), second: new Float32Array(total), steps: 0 };
  let last: { features: number[][] } = { features: [] };

  /** Rows of the parameter table that add up to the logits after `ids`. */
  const featuresOf = (ids: readonly number[]): number[] => [ids[ids.length - 1], V + ids.length - 1, ...ids.map((token) => V + C + token)];
  const logitsOf = (features: number[][]): ForwardResult => {
    const logits = new Float32Array(features.length * V);
    features.forEach((rows, k) => {
      for (const row of rows) for (let v = 0; v < V; v++) logits[k * V + v] += parameters[row * V + v];
    });
    return { logits, hidden: new Float32Array(features.length * d), outputs: new Float32Array(0) };
  };

  return {
    backend: 'wasm',
    config,
    layout: { total, entries: [{ name: 'rows', shape: [2 * V + C, V], offset: 0, size: total }] },
    getParameters: () => parameters.slice(),
    setParameters: (values) => parameters.set(values),
    getOptimizer: () => ({ first: optimizer.first.slice(), second: optimizer.second.slice(), steps: optimizer.steps }),
    setOptimizer: (state) => {
      optimizer = { first: state.first.slice(), second: state.second.slice(), steps: state.steps };
    },
    forward(batch: PackedSequences) {
      const features: number[][] = [];
      for (const row of batch.rows) {
        let s = 0;
        while (batch.offsets[s + 1] <= row) s++;
        features.push(featuresOf([...batch.ids.slice(batch.offsets[s], row + 1)]));
      }
      last = { features };
      return logitsOf(features);
    },
    backward(gradLogits) {
      gradient.fill(0);
      last.features.forEach((rows, k) => {
        for (const row of rows) for (let v = 0; v < V; v++) gradient[row * V + v] += gradLogits[k * V + v];
      });
    },
    getGradient: () => gradient.slice(),
    gradientNorm: () => Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)),
    adamStep(settings: AdamSettings) {
      optimizer.steps++;
      let power1 = 1;
      let power2 = 1;
      for (let i = 0; i < optimizer.steps; i++) {
        power1 *= settings.beta1;
        power2 *= settings.beta2;
      }
      for (let i = 0; i < total; i++) {
        optimizer.first[i] = settings.beta1 * optimizer.first[i] + (1 - settings.beta1) * gradient[i];
        optimizer.second[i] = settings.beta2 * optimizer.second[i] + (1 - settings.beta2) * gradient[i] * gradient[i];
        parameters[i] -=
          (settings.learningRate * (optimizer.first[i] / (1 - power1))) /
          (Math.sqrt(optimizer.second[i] / (1 - power2)) + settings.epsilon);
      }
    },
    createDecoder(): Decoder {
      let sequences: number[][] = [];
      return {
        prefill: (prompts) => {
          sequences = prompts.map((prompt) => [...prompt]);
          return logitsOf(sequences.map(featuresOf));
        },
        step: (rows, tokens) => {
          rows.forEach((row, i) => sequences[row].push(tokens[i]));
          return logitsOf([...rows].map((row) => featuresOf(sequences[row])));
        },
        dispose: () => undefined,
      };
    },
    dispose: () => undefined,
  };
}
