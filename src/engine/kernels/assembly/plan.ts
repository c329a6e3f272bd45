/**
 * Where everything lies, written by the host before a pass (`src/engine/wasm/plan.ts` keeps the same order of fields).
 * Addresses are bytes in TensorFlow.js' memory; sizes are counts. A *node* is one token in its context: sequences that
 * begin alike share nodes, and a node's keys are the nodes on its path.
 */
@unmanaged
export class Plan {
  // Sizes.
  width: i32;
  heads: i32;
  layers: i32;
  hidden: i32;
  vocabulary: i32;
  /** Vocabulary rounded up to 8. */
  paddedVocabulary: i32;
  context: i32;
  // Parameters [total], their gradient, and the same weights rearranged for the matrix products.
  parameters: usize;
  gradient: usize;
  packed: usize;
  // Nodes: token and position of each, and the index in `paths` where its path begins.
  tokens: usize;
  positions: usize;
  pathStarts: usize;
  paths: usize;
  /** The pass computes nodes first … first + count − 1; the logits of the first `wanted` of them are asked for. */
  first: i32;
  count: i32;
  wanted: i32;
  /** 1 keeps what the backward pass needs. */
  training: i32;
  // Activations: the first layer's address; the next layer's is `layerStride` bytes on.
  layerStride: i32;
  /** [count, width] input of the layer; after the last layer, of the final norm. */
  input: usize;
  attentionScale: usize;
  attentionInput: usize;
  attentionOutput: usize;
  /** [count, heads, keyStride] attention weights. */
  attentionWeights: usize;
  middle: usize;
  mlpScale: usize;
  mlpInput: usize;
  mlpHidden: usize;
  mlpSlope: usize;
  /** Bytes between two nodes' rows of attention weights of one head. */
  keyStride: i32;
  /** [all nodes, 3 width] queries, keys and values; the next layer's are `qkvStride` bytes on. */
  qkv: usize;
  qkvStride: i32;
  // Results [wanted, ·].
  finalScale: usize;
  hiddenStates: usize;
  logits: usize;
  /** [32] see `writeConstants`. */
  constants: usize;
  // Backward only.
  gradLogits: usize;
  gradResidual: usize;
  gradAttention: usize;
  gradQkv: usize;
  scratch: usize;
  // A head that reads `outputs` numbers beside the logits (0: none), rounded up to 8; results and gradient [wanted, paddedOutputs].
  outputs: i32;
  paddedOutputs: i32;
  headOutputs: usize;
  gradOutputs: usize;
}

/** Nodes that a layer takes beyond its keys and values: of the last layer, nothing but the wanted ones is used. */
export function activeNodes(p: Plan, layer: i32): i32 {
  return layer == p.layers - 1 ? p.wanted : p.count;
}

/** Rows that are carried through a chain of products together: their activations stay in the first-level cache. */
export const CHUNK: i32 = 64;

// Layout of the parameter vector (`parameterLayout` in src/engine/layout.ts), in bytes.

export function tokenTable(p: Plan): usize {
  return p.parameters;
}

export function positionTable(p: Plan): usize {
  return p.parameters + (<usize>(p.vocabulary * p.width) << 2);
}

function layerSize(p: Plan): usize {
  return <usize>(2 * p.width + 4 * p.width * p.width + 2 * p.width * p.hidden) << 2;
}

export function attentionGain(p: Plan, layer: i32): usize {
  return positionTable(p) + (<usize>(p.context * p.width) << 2) + layerSize(p) * layer;
}

export function qkvWeights(p: Plan, layer: i32): usize {
  return attentionGain(p, layer) + (<usize>p.width << 2);
}

export function outputWeights(p: Plan, layer: i32): usize {
  return qkvWeights(p, layer) + (<usize>(3 * p.width * p.width) << 2);
}

export function mlpGain(p: Plan, layer: i32): usize {
  return outputWeights(p, layer) + (<usize>(p.width * p.width) << 2);
}

export function upWeights(p: Plan, layer: i32): usize {
  return mlpGain(p, layer) + (<usize>p.width << 2);
}

export function downWeights(p: Plan, layer: i32): usize {
  return upWeights(p, layer) + (<usize>(p.width * p.hidden) << 2);
}

export function finalGain(p: Plan): usize {
  return attentionGain(p, p.layers);
}

export function unembedding(p: Plan): usize {
  return finalGain(p) + (<usize>p.width << 2);
}

/** [width, outputs], the last weights. */
export function headWeights(p: Plan): usize {
  return unembedding(p) + (<usize>(p.width * p.vocabulary) << 2);
}

export function parametersEnd(p: Plan): usize {
  return headWeights(p) + (<usize>(p.width * p.outputs) << 2);
}

/** From an address in the parameters to the same place in the gradient. */
export function gradientOf(p: Plan, parameter: usize): usize {
  return parameter - p.parameters + p.gradient;
}

// Layout of the packed weights: each matrix twice, as it is and transposed.

function packedLayerSize(p: Plan): usize {
  return <usize>(8 * p.width * p.width + 4 * p.width * p.hidden) << 2;
}

export function packedQkv(p: Plan, layer: i32): usize {
  return p.packed + packedLayerSize(p) * layer;
}

export function packedQkvTransposed(p: Plan, layer: i32): usize {
  return packedQkv(p, layer) + (<usize>(3 * p.width * p.width) << 2);
}

export function packedOutput(p: Plan, layer: i32): usize {
  return packedQkvTransposed(p, layer) + (<usize>(3 * p.width * p.width) << 2);
}

export function packedOutputTransposed(p: Plan, layer: i32): usize {
  return packedOutput(p, layer) + (<usize>(p.width * p.width) << 2);
}

export function packedUp(p: Plan, layer: i32): usize {
  return packedOutputTransposed(p, layer) + (<usize>(p.width * p.width) << 2);
}

export function packedUpTransposed(p: Plan, layer: i32): usize {
  return packedUp(p, layer) + (<usize>(p.width * p.hidden) << 2);
}

export function packedDown(p: Plan, layer: i32): usize {
  return packedUpTransposed(p, layer) + (<usize>(p.width * p.hidden) << 2);
}

export function packedDownTransposed(p: Plan, layer: i32): usize {
  return packedDown(p, layer) + (<usize>(p.width * p.hidden) << 2);
}

export function packedUnembedding(p: Plan): usize {
  return packedQkv(p, p.layers);
}

export function packedUnembeddingTransposed(p: Plan): usize {
  return packedUnembedding(p) + (<usize>(p.width * p.paddedVocabulary) << 2);
}

export function packedHead(p: Plan): usize {
  return packedUnembeddingTransposed(p) + (<usize>(p.width * p.paddedVocabulary) << 2);
}

export function packedHeadTransposed(p: Plan): usize {
  return packedHead(p) + (<usize>(p.width * p.paddedOutputs) << 2);
}
