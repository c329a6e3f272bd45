import * as tf from '@tensorflow/tfjs';
import { checkConfig, checkLength, parameterLayout } from './layout.ts';
import { createTfjsDecoder } from './tfjsDecoder.ts';
import { attend, gelu, layerWeights, type NamedWeights, padBatch, type PaddedBatch, rmsNorm } from './tfjsOperations.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

/** Logits and hidden states [K, ·] of the wanted rows of padded sequences. */
function run(weights: NamedWeights, config: ModelConfig, batch: PaddedBatch): { logits: tf.Tensor2D; hidden: tf.Tensor2D } {
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
  return { logits: tf.matMul(hidden, weights.out as tf.Tensor2D), hidden };
}

/**
 * The same model composed of TensorFlow.js operations on its plain JavaScript backend, with its automatic gradients:
 * for browsers without WebAssembly SIMD, and the reference that the kernels are tested against. Not bit-reproducible.
 */
export async function createTfjsModel(config: ModelConfig): Promise<LanguageModel> {
  checkConfig(config);
  tf.enableProdMode();
  await tf.setBackend('cpu');
  await tf.ready();
  const layout = parameterLayout(config);
  const { total, entries } = layout;
  const variables = Object.fromEntries(entries.map(({ name, shape }) => [name, tf.variable(tf.zeros([...shape]))])) as Record<
    string,
    tf.Variable
  >;
  const gradient = new Float32Array(total);
  let first = new Float32Array(total);
  let second = new Float32Array(total);
  let adamSteps = 0;
  let batch: PaddedBatch | undefined;

  // Another model of the page may have chosen another backend; for 'cpu' the switch is immediate.
  const onCpu = <T>(work: () => T): T => {
    void tf.setBackend('cpu');
    return work();
  };
  const getParameters = () => {
    const values = new Float32Array(total);
    for (const { name, offset } of entries) values.set(variables[name].dataSync(), offset);
    return values;
  };
  const setParameters = (values: Float32Array) => {
    checkLength(values, layout, 'The parameter vector');
    for (const { name, shape, offset, size } of entries) {
      const tensor = tf.tensor(values.slice(offset, offset + size), [...shape]);
      variables[name].assign(tensor);
      tensor.dispose();
    }
  };

  return {
    backend: 'tfjs-cpu',
    config,
    layout,
    getParameters: () => onCpu(getParameters),
    setParameters: (values) => onCpu(() => setParameters(values)),
    getOptimizer: () => ({ first: first.slice(), second: second.slice(), steps: adamSteps }),
    setOptimizer(state) {
      checkLength(state.first, layout, "Adam's first moment");
      checkLength(state.second, layout, "Adam's second moment");
      first = state.first.slice();
      second = state.second.slice();
      adamSteps = state.steps;
    },
    forward: (sequences) =>
      onCpu(() => {
        batch?.dispose();
        const padded = padBatch(sequences, config);
        batch = padded;
        return tf.tidy(() => {
          const { logits, hidden } = run(variables, config, padded);
          return { logits: Float32Array.from(logits.dataSync()), hidden: Float32Array.from(hidden.dataSync()) };
        });
      }),
    backward(gradLogits) {
      if (!batch) throw new Error('backward was called before forward.');
      const padded = batch;
      onCpu(() => {
        const { value, grads } = tf.variableGrads(
          () => tf.sum(tf.mul(run(variables, config, padded).logits, tf.tensor2d(gradLogits, [padded.rows, config.vocabulary]))),
          Object.values(variables),
        );
        value.dispose();
        for (const { name, offset } of entries) gradient.set(grads[variables[name].name].dataSync(), offset);
        tf.dispose(grads);
      });
    },
    getGradient: () => gradient.slice(),
    gradientNorm: () => Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)),
    adamStep: ({ learningRate, beta1, beta2, epsilon }) =>
      onCpu(() => {
        adamSteps++;
        const values = getParameters();
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
    createDecoder: () => createTfjsDecoder(variables, config, onCpu),
    dispose() {
      batch?.dispose();
      batch = undefined;
      tf.dispose(variables);
    },
  };
}
