import { checkConfig, checkLength, parameterLayout } from './layout.ts';
import type { LanguageModel, ModelConfig } from './types.ts';
import { createWasmDecoder } from './wasm/decoder.ts';
import { createWasmPrefixCache } from './wasm/prefixCache.ts';
import { allocateWeights, allocateWorkspace, type Plan, type Workspace } from './wasm/plan.ts';
import { readResults } from './wasm/results.ts';
import { wasmRuntime } from './wasm/runtime.ts';
import { buildSequenceTree, type SequenceTree } from './wasm/sequenceTree.ts';

/** xⁿ by repeated squaring: the same bits everywhere. */
function integerPower(x: number, n: number): number {
  let result = 1;
  for (let square = x, rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) {
    if (rest % 2 === 1) result *= square;
  }
  return result;
}

/** The language model on our SIMD kernels, which run in the memory of TensorFlow.js' wasm backend. Bit-reproducible. */
export async function createWasmModel(config: ModelConfig, wasmBase: string | undefined): Promise<LanguageModel> {
  checkConfig(config);
  const runtime = await wasmRuntime(wasmBase);
  const { kernels } = runtime;
  const layout = parameterLayout(config);
  const weights = allocateWeights(runtime, config, layout);
  const read = (address: number) => runtime.floats(address, layout.total).slice();
  let adamSteps = 0;
  let isPacked = false;
  let workspace: Workspace | undefined;
  let tree: SequenceTree | undefined;

  /** A training workspace with room for the tree; grows by a quarter more than needed, never shrinks. */
  const roomFor = (nodes: number, paths: number): Workspace => {
    if (workspace && workspace.capacity.nodes >= nodes && workspace.capacity.paths >= paths) return workspace;
    const most = Math.ceil(1.25 * Math.max(nodes, workspace?.capacity.nodes ?? 64));
    const mostPaths = Math.ceil(1.25 * Math.max(paths, workspace?.capacity.paths ?? 64));
    workspace?.dispose();
    workspace = allocateWorkspace(runtime, config, weights, { nodes: most, keptNodes: most, paths: mostPaths, training: true });
    return workspace;
  };
  const packer = allocateWorkspace(runtime, config, weights, { nodes: 0, keptNodes: 0, paths: 0, training: false });
  const refresh = () => {
    if (!isPacked) kernels.pack(packer.publish());
    isPacked = true;
  };

  const prefixes = createWasmPrefixCache(runtime, config, weights, refresh);

  const spreadOutputs = ({ slots }: SequenceTree, { outputs, paddedOutputs, gradOutputs: address, wanted }: Plan, given?: Float32Array) => {
    const target = runtime.floats(address, wanted * paddedOutputs).fill(0);
    if (given === undefined) return;
    if (given.length !== slots.length * outputs)
      throw new Error(`gradOutputs has ${given.length} numbers; the last forward had ${slots.length} rows of ${outputs}.`);
    for (let k = 0; k < slots.length; k++) for (let o = 0; o < outputs; o++) target[slots[k] * paddedOutputs + o] += given[k * outputs + o];
  };

  return {
    backend: 'wasm',
    config,
    layout,
    getParameters: () => read(weights.parameters.address),
    setParameters(values) {
      checkLength(values, layout, 'The parameter vector');
      runtime.floats(weights.parameters.address, layout.total).set(values);
      isPacked = false;
    },
    getOptimizer: () => ({ first: read(weights.first.address), second: read(weights.second.address), steps: adamSteps }),
    setOptimizer({ first, second, steps }) {
      checkLength(first, layout, "Adam's first moment");
      checkLength(second, layout, "Adam's second moment");
      runtime.floats(weights.first.address, layout.total).set(first);
      runtime.floats(weights.second.address, layout.total).set(second);
      adamSteps = steps;
    },
    forward(batch) {
      tree = buildSequenceTree(batch, config);
      const { plan, publish } = roomFor(tree.tokens.length, tree.paths.length);
      refresh();
      plan.count = tree.tokens.length;
      plan.wanted = tree.wanted;
      runtime.ints(plan.tokens, tree.tokens.length).set(tree.tokens);
      runtime.ints(plan.positions, tree.positions.length).set(tree.positions);
      runtime.ints(plan.pathStarts, tree.pathStarts.length).set(tree.pathStarts);
      runtime.ints(plan.paths, tree.paths.length).set(tree.paths);
      kernels.forward(publish());
      return readResults(runtime, plan, tree.slots);
    },
    backward(gradLogits, gradOutputs) {
      if (!tree || !workspace) throw new Error('backward was called before forward.');
      const { plan } = workspace;
      const { vocabulary, paddedVocabulary, wanted } = plan;
      if (gradLogits.length !== tree.slots.length * vocabulary) {
        throw new Error(`gradLogits has ${gradLogits.length} numbers; the last forward had ${tree.slots.length} rows of ${vocabulary}.`);
      }
      // Rows that share a node share its logits, so their gradients add up.
      const target = runtime.floats(plan.gradLogits, wanted * paddedVocabulary).fill(0);
      for (let k = 0; k < tree.slots.length; k++) {
        const to = tree.slots[k] * paddedVocabulary;
        for (let v = 0; v < vocabulary; v++) target[to + v] += gradLogits[k * vocabulary + v];
      }
      spreadOutputs(tree, plan, gradOutputs);
      kernels.backward(workspace.publish());
    },
    getGradient: () => read(weights.gradient.address),
    gradientNorm() {
      let squares = 0;
      for (const g of runtime.floats(weights.gradient.address, layout.total)) squares += g * g;
      return Math.sqrt(squares);
    },
    adamStep({ learningRate, beta1, beta2, epsilon }) {
      adamSteps++;
      const stepSize = learningRate / (1 - integerPower(beta1, adamSteps));
      const rootScale = 1 / Math.sqrt(1 - integerPower(beta2, adamSteps));
      const { parameters, first, second, gradient } = weights;
      kernels.adam(
        ...([parameters.address, first.address, second.address, gradient.address, layout.total] as const),
        ...([stepSize, beta1, 1 - beta1, beta2, 1 - beta2, rootScale, epsilon] as const),
      );
      isPacked = false;
    },
    createDecoder: () => createWasmDecoder(runtime, config, weights, refresh),
    cachePrefixes: (prompt) => prefixes.start(prompt),
    dispose() {
      for (const block of [...Object.values(weights), packer]) block.dispose();
      prefixes.dispose();
      workspace?.dispose();
      workspace = undefined;
      tree = undefined;
    },
  };
}
