import * as tf from '@tensorflow/tfjs';
import { checkConfig, checkLength, parameterLayout } from './layout.ts';
import { createTfjsDecoder } from './tfjsDecoder.ts';
import { finish, finishLater, type Steps } from './steps.ts';
import {
  attend,
  type Device,
  gelu,
  joinPredictions,
  layerWeights,
  type NamedWeights,
  padBatch,
  type PaddedBatch,
  readHeads,
  readPredictions,
  readTensor,
  rmsNorm,
  type TensorPredictions,
} from './tfjsOperations.ts';
import type { AdamSettings, DeferredModel, ForwardResult, LanguageModel, ModelConfig, OptimizerState, PackedSequences } from './types.ts';

/** Logits and hidden states [K, ·] of the wanted rows of padded sequences. */
function run(weights: NamedWeights, config: ModelConfig, batch: PaddedBatch): TensorPredictions {
  const { count, length, tokens, positions, wanted, mask } = batch;
  const { width, layers } = config;
  let x = tf.add(tf.gather(weights.tok, tokens), tf.gather(weights.pos, positions)) as tf.Tensor2D;
  for (let l = 0; l < layers; l++) {
    const layer = layerWeights(weights, l);
    const [q, k, v] = tf.split(tf.matMul(rmsNorm(x, layer.attentionGain), layer.qkv), 3, 1);
    const shape: [number, number, number] = [count, length, width];
    const attended = attend(q.reshape(shape), k.reshape(shape), v.reshape(shape), mask, config.heads);
    x = tf.add(x, tf.matMul(attended.reshape([count * length, width]) as tf.Tensor2D, layer.output));
    x = tf.add(x, tf.matMul(gelu(tf.matMul(rmsNorm(x, layer.mlpGain), layer.up)), layer.down));
  }
  const hidden = rmsNorm(tf.gather(x, wanted) as tf.Tensor2D, weights.gf);
  return readHeads(hidden, weights);
}

/**
 * The same model composed of TensorFlow.js operations with its automatic gradients, for browsers without WebAssembly SIMD,
 * and as the reference that the kernels are tested against. Not bit-reproducible.
 */
export async function createCpuModel(config: ModelConfig): Promise<LanguageModel> {
  const { forward, backward, createDecoder, ...rest } = await createTfjsModel(config, 'cpu');
  return {
    ...rest,
    backend: 'tfjs-cpu',
    forward: (batch) => finish(forward(batch)),
    backward: (gradLogits, gradOutputs) => finish(backward(gradLogits, gradOutputs)),
    createDecoder() {
      const { prefill, step, dispose } = createDecoder();
      return { prefill: (prompts) => finish(prefill(prompts)), step: (rows, tokens) => finish(step(rows, tokens)), dispose };
    },
  };
}

/** The same on the graphics processor; TensorFlow.js' WebGPU backend must have been imported. */
export async function createWebgpuModel(config: ModelConfig): Promise<DeferredModel> {
  const { forward, backward, createDecoder, ...rest } = await createTfjsModel(config, 'webgpu');
  return {
    ...rest,
    backend: 'tfjs-webgpu',
    forward: (batch) => finishLater(forward(batch)),
    backward: (gradLogits, gradOutputs) => finishLater(backward(gradLogits, gradOutputs)),
    createDecoder() {
      const { prefill, step, dispose } = createDecoder();
      return { prefill: (prompts) => finishLater(prefill(prompts)), step: (rows, tokens) => finishLater(step(rows, tokens)), dispose };
    },
  };
}

async function createTfjsModel(config: ModelConfig, device: Device) {
  checkConfig(config);
  tf.enableProdMode();
  if (!(await tf.setBackend(device))) throw new Error(`TensorFlow.js could not start its ${device} backend.`);
  const layout = parameterLayout(config);
  const { total, entries } = layout;
  const variables = tf.tidy(() => Object.fromEntries(entries.map(({ name, shape }) => [name, tf.variable(tf.zeros([...shape]))])));
  /** What the variables hold: only `setParameters` writes them. */
  const parameters = new Float32Array(total);
  const gradient = new Float32Array(total);
  let first = new Float32Array(total);
  let second = new Float32Array(total);
  let adamSteps = 0;
  let batch: PaddedBatch | undefined;

  // Another model of the page may have chosen another backend; once a backend runs, the switch is immediate.
  const onDevice = <T>(work: () => T): T => {
    if (tf.getBackend() !== device) void tf.setBackend(device);
    return work();
  };
  const setParameters = (values: Float32Array) => {
    checkLength(values, layout, 'The parameter vector');
    parameters.set(values);
    for (const { name, shape, offset, size } of entries) {
      const tensor = tf.tensor(values.slice(offset, offset + size), [...shape]);
      variables[name].assign(tensor);
      tensor.dispose();
    }
  };

  function* forward(sequences: PackedSequences): Steps<ForwardResult> {
    const padded = onDevice(() => {
      batch?.dispose();
      batch = padBatch(sequences, config);
      return batch;
    });
    const joined = onDevice(() => tf.tidy(() => joinPredictions(run(variables, config, padded))));
    return yield* readPredictions(joined, padded.rows, config, device);
  }

  function* backward(gradLogits: Float32Array, gradOutputs?: Float32Array): Steps<void> {
    if (!batch) throw new Error('backward was called before forward.');
    const padded = batch;
    const flat = onDevice(() =>
      tf.tidy(() => {
        const { grads } = tf.variableGrads(() => {
          const { logits, outputs } = run(variables, config, padded);
          const product = tf.sum(tf.mul(logits, tf.tensor2d(gradLogits, [padded.rows, config.vocabulary]))) as tf.Scalar;
          if (!outputs) return product;
          // Without its part of the sum a head would have no gradient at all.
          const given = gradOutputs ?? new Float32Array(padded.rows * (config.outputs ?? 0));
          return tf.add(product, tf.sum(tf.mul(outputs, tf.tensor2d(given, [padded.rows, config.outputs ?? 0]))));
        }, Object.values(variables));
        return tf.concat(entries.map(({ name }) => grads[variables[name].name].flatten()));
      }),
    );
    gradient.set(yield* readTensor(flat, device));
  }

  return {
    config,
    layout,
    forward,
    backward,
    getParameters: () => parameters.slice(),
    setParameters: (values: Float32Array) => onDevice(() => setParameters(values)),
    getOptimizer: () => ({ first: first.slice(), second: second.slice(), steps: adamSteps }),
    setOptimizer(state: OptimizerState) {
      checkLength(state.first, layout, "Adam's first moment");
      checkLength(state.second, layout, "Adam's second moment");
      first = state.first.slice();
      second = state.second.slice();
      adamSteps = state.steps;
    },
    getGradient: () => gradient.slice(),
    gradientNorm: () => Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)),
    adamStep: ({ learningRate, beta1, beta2, epsilon }: AdamSettings) =>
      onDevice(() => {
        adamSteps++;
        const values = parameters.slice();
        // Bias corrections as running products keep this file free of the browser's own power function.
        let power1 = 1;
        let power2 = 1;
        for (let t = 0; t < adamSteps; t++) {
          power1 *= beta1;
          power2 *= beta2;
        }
        for (let i = 0; i < total; i++) {
          first[i] = beta1 * first[i] + (1 - beta1) * gradient[i];
          second[i] = beta2 * second[i] + (1 - beta2) * gradient[i] * gradient[i];
          values[i] -= (learningRate * first[i]) / (1 - power1) / (Math.sqrt(second[i] / (1 - power2)) + epsilon);
        }
        setParameters(values);
      }),
    createDecoder: () => createTfjsDecoder(variables, config, device, onDevice),
    dispose() {
      batch?.dispose();
      batch = undefined;
      tf.dispose(variables);
    },
  };
}
