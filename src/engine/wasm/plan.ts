import type { ModelConfig, ParameterLayout } from '../types.ts';
import type { Block, WasmRuntime } from './runtime.ts';

/** The fields of the kernels' `Plan`, in its order (`src/engine/kernels/assembly/plan.ts`): one 32-bit number each. */
const PLAN_FIELDS = [
  ...(['width', 'heads', 'layers', 'hidden', 'vocabulary', 'paddedVocabulary', 'context'] as const),
  ...(['parameters', 'gradient', 'packed'] as const),
  ...(['tokens', 'positions', 'pathStarts', 'paths', 'first', 'count', 'wanted', 'training'] as const),
  ...(['layerStride', 'input', 'attentionScale', 'attentionInput', 'attentionOutput', 'attentionWeights', 'middle'] as const),
  ...(['mlpScale', 'mlpInput', 'mlpHidden', 'mlpSlope', 'keyStride', 'qkv', 'qkvStride'] as const),
  ...(['finalScale', 'hiddenStates', 'logits', 'constants', 'gradLogits', 'gradResidual', 'gradAttention', 'gradQkv', 'scratch'] as const),
  ...(['outputs', 'paddedOutputs', 'headOutputs', 'gradOutputs'] as const),
];

export type Plan = Record<(typeof PLAN_FIELDS)[number], number>;

/** Rows that the kernels carry through a chain of products together (`CHUNK` in the kernels' plan.ts). */
const CHUNK = 64;

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

export const paddedVocabulary = (config: ModelConfig): number => roundUp(config.vocabulary, 8);
const paddedOutputs = (config: ModelConfig): number => roundUp(config.outputs ?? 0, 8);

/** [floats] of the weights rearranged for the kernels: every matrix as it is and transposed. */
export function packedSize(config: ModelConfig): number {
  const { width, hidden, layers } = config;
  return layers * (8 * width * width + 4 * width * hidden) + 2 * width * (paddedVocabulary(config) + paddedOutputs(config));
}

/** Weights, gradient and packed weights of one model; Adam's moments lie beside them. */
export interface WeightBlocks {
  parameters: Block;
  gradient: Block;
  first: Block;
  second: Block;
  packed: Block;
}

export function allocateWeights(runtime: WasmRuntime, config: ModelConfig, layout: ParameterLayout): WeightBlocks {
  const zeroed = () => runtime.allocate(layout.total, true);
  return {
    parameters: zeroed(),
    gradient: zeroed(),
    first: zeroed(),
    second: zeroed(),
    packed: runtime.allocate(packedSize(config), true),
  };
}

/** What a workspace has room for. */
export interface Capacity {
  /** Nodes computed in one pass. */
  nodes: number;
  /** Nodes whose keys and values are kept: those of the pass, and with a decoder all earlier ones. */
  keptNodes: number;
  /** Entries of all paths together. */
  paths: number;
  training: boolean;
}

/** Memory of one pass, with the plan that describes it. */
export interface Workspace {
  readonly capacity: Capacity;
  readonly plan: Plan;
  /** Writes the plan where the kernels read it and gives its address. */
  publish(): number;
  dispose(): void;
}

/** Allocates every activation of a pass in one piece of TensorFlow.js' memory. */
export function allocateWorkspace(runtime: WasmRuntime, config: ModelConfig, weights: WeightBlocks, capacity: Capacity): Workspace {
  const { width, heads, layers, hidden, context, vocabulary } = config;
  const { nodes, keptNodes, paths, training } = capacity;
  const padded = paddedVocabulary(config);
  const paddedHead = paddedOutputs(config);
  const keys = roundUp(context, 4);
  let size = 0;
  const place = (floats: number): number => {
    const at = size;
    size += roundUp(floats, 16);
    return at;
  };
  const perLayer = {
    input: place(nodes * width),
    attentionScale: place(nodes),
    attentionInput: place(nodes * width),
    attentionOutput: place(nodes * width),
    attentionWeights: place((training ? nodes : 1) * heads * keys),
    middle: place(nodes * width),
    mlpScale: place(nodes),
    mlpInput: place(nodes * width),
    mlpHidden: place(nodes * hidden),
    mlpSlope: place(training ? nodes * hidden : 0),
  };
  // A decoder needs no activation of an earlier layer, so all layers share one place.
  const layerSize = training ? size : 0;
  size = training ? layers * layerSize : size;
  if (training) place(nodes * width);
  const kept = keptNodes * 3 * width;
  const rest = {
    qkv: place(layers * kept),
    finalScale: place(nodes),
    hiddenStates: place(nodes * width),
    logits: place(nodes * padded),
    headOutputs: place(nodes * paddedHead),
    constants: place(32),
    gradLogits: place(training ? nodes * padded : 0),
    gradOutputs: place(training ? nodes * paddedHead : 0),
    gradResidual: place(training ? nodes * width : 0),
    gradAttention: place(training ? nodes * width : 0),
    gradQkv: place(training ? nodes * 3 * width : 0),
    scratch: place(Math.max(CHUNK * (hidden + width), CHUNK * width + width * (padded + paddedHead), keys)),
    tokens: place(keptNodes),
    positions: place(keptNodes),
    pathStarts: place(keptNodes),
    paths: place(paths),
  };
  const own = place(PLAN_FIELDS.length);
  const block = runtime.allocate(size, false);
  const addresses = Object.fromEntries(Object.entries({ ...perLayer, ...rest }).map(([name, at]) => [name, block.address + 4 * at])) as {
    [name in keyof typeof perLayer | keyof typeof rest]: number;
  };
  const plan: Plan = {
    ...{ width, heads, layers, hidden, vocabulary, paddedVocabulary: padded, context },
    ...{ outputs: config.outputs ?? 0, paddedOutputs: paddedHead },
    ...{ parameters: weights.parameters.address, gradient: weights.gradient.address, packed: weights.packed.address },
    ...{
      first: 0,
      count: 0,
      wanted: 0,
      training: training ? 1 : 0,
      layerStride: 4 * layerSize,
      keyStride: 4 * keys,
      qkvStride: 4 * kept,
    },
    ...addresses,
  };
  return {
    capacity,
    plan,
    publish() {
      const address = block.address + 4 * own;
      runtime.ints(address, PLAN_FIELDS.length).set(PLAN_FIELDS.map((field) => plan[field]));
      return address;
    },
    dispose: () => block.dispose(),
  };
}
