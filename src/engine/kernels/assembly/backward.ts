/** The whole gradient, written out: from ∂loss/∂logits of the wanted nodes back to every parameter. */
import { attentionBackward } from './attention';
import { accumulateOuter, multiply } from './matmul';
import {
  CHUNK, Plan, activeNodes, attentionGain, downWeights, finalGain, gradientOf, headWeights, mlpGain, outputWeights, packedDownTransposed,
  packedHeadTransposed, packedOutputTransposed, packedQkvTransposed, packedUnembeddingTransposed, packedUpTransposed, parametersEnd, positionTable, qkvWeights,
  tokenTable, unembedding, upWeights,
} from './plan';
import { addElements, multiplyElements, normBackward } from './rows';

/** The padded gradient of a matrix [width, columns] into its place, whose rows are not padded. */
function copyColumns(p: Plan, padded: usize, paddedBytes: usize, weights: usize, columns: i32): void {
  const to = gradientOf(p, weights);
  const bytes = <usize>columns << 2;
  for (let row: usize = 0; row < <usize>p.width; row++) memory.copy(to + row * bytes, padded + row * paddedBytes, bytes);
}

/** Unembedding, head and final norm; fills `gradResidual` with the gradient of the last layer's output. */
function predictBackward(p: Plan): void {
  const d = p.width;
  const rowBytes = <usize>d << 2;
  const logitBytes = <usize>p.paddedVocabulary << 2;
  const outputBytes = <usize>p.paddedOutputs << 2;
  const gradHidden = p.scratch;
  const gradWeights = p.scratch + <usize>CHUNK * rowBytes;
  const gradHead = gradWeights + <usize>d * logitBytes;
  const last = p.input + <usize>p.layers * p.layerStride;
  memory.fill(p.gradResidual, 0, <usize>p.count * rowBytes);
  memory.fill(gradWeights, 0, <usize>d * (logitBytes + outputBytes));
  for (let i = 0; i < p.wanted; i += CHUNK) {
    const rows = min(CHUNK, p.wanted - i);
    const offset = <usize>i * rowBytes;
    const gradLogits = p.gradLogits + <usize>i * logitBytes;
    multiply(gradLogits, logitBytes, packedUnembeddingTransposed(p), gradHidden, rowBytes, 0, rows, d, p.paddedVocabulary);
    accumulateOuter(p.hiddenStates + offset, rowBytes, gradLogits, logitBytes, gradWeights, logitBytes, rows, p.paddedVocabulary, d);
    if (p.outputs > 0) {
      const gradOutputs = p.gradOutputs + <usize>i * outputBytes;
      multiply(gradOutputs, outputBytes, packedHeadTransposed(p), gradHidden, rowBytes, gradHidden, rows, d, p.paddedOutputs);
      accumulateOuter(p.hiddenStates + offset, rowBytes, gradOutputs, outputBytes, gradHead, outputBytes, rows, p.paddedOutputs, d);
    }
    const gain = finalGain(p);
    normBackward(last + offset, gain, p.finalScale + (<usize>i << 2), gradHidden, p.gradResidual + offset, gradientOf(p, gain), rows, d);
  }
  copyColumns(p, gradWeights, logitBytes, unembedding(p), p.vocabulary);
  copyColumns(p, gradHead, outputBytes, headWeights(p), p.outputs);
}

/** MLP, second norm and attention's output product, a chunk at a time; fills `gradAttention`. */
function transformBackward(p: Plan, layer: i32, skip: usize): void {
  const d = p.width;
  const rowBytes = <usize>d << 2;
  const hiddenBytes = <usize>p.hidden << 2;
  const gradHidden = p.scratch;
  const gradNormed = p.scratch + <usize>CHUNK * hiddenBytes;
  const count = activeNodes(p, layer);
  for (let i = 0; i < count; i += CHUNK) {
    const rows = min(CHUNK, count - i);
    const offset = <usize>i * rowBytes;
    const hiddenOffset = skip + <usize>i * hiddenBytes;
    const grad = p.gradResidual + offset;
    accumulateOuter(p.mlpHidden + hiddenOffset, hiddenBytes, grad, rowBytes, gradientOf(p, downWeights(p, layer)), rowBytes, rows, d, p.hidden);
    multiply(grad, rowBytes, packedDownTransposed(p, layer), gradHidden, hiddenBytes, 0, rows, p.hidden, d);
    multiplyElements(gradHidden, p.mlpSlope + hiddenOffset, rows * p.hidden);
    const normed = p.mlpInput + skip + offset;
    accumulateOuter(normed, rowBytes, gradHidden, hiddenBytes, gradientOf(p, upWeights(p, layer)), hiddenBytes, rows, p.hidden, d);
    multiply(gradHidden, hiddenBytes, packedUpTransposed(p, layer), gradNormed, rowBytes, 0, rows, d, p.hidden);
    const gain = mlpGain(p, layer);
    normBackward(p.middle + skip + offset, gain, p.mlpScale + skip + (<usize>i << 2), gradNormed, grad, gradientOf(p, gain), rows, d);
    const attended = p.attentionOutput + skip + offset;
    accumulateOuter(attended, rowBytes, grad, rowBytes, gradientOf(p, outputWeights(p, layer)), rowBytes, rows, d, d);
    multiply(grad, rowBytes, packedOutputTransposed(p, layer), p.gradAttention + offset, rowBytes, 0, rows, d, d);
  }
}

function attendBackward(p: Plan, layer: i32, skip: usize): void {
  const rowBytes = <usize>p.width << 2;
  const qkv = p.qkv + <usize>layer * p.qkvStride;
  const weightBytes = <usize>p.heads * p.keyStride;
  memory.fill(p.gradQkv, 0, <usize>p.count * 3 * rowBytes);
  for (let node = activeNodes(p, layer) - 1; node >= 0; node--) {
    const path = p.paths + (<usize>load<i32>(p.pathStarts + (<usize>node << 2)) << 2);
    const keys = load<i32>(p.positions + (<usize>node << 2)) + 1;
    const weights = p.attentionWeights + skip + <usize>node * weightBytes;
    attentionBackward(qkv, p.gradQkv, node, path, keys, weights, p.keyStride, p.gradAttention + <usize>node * rowBytes, p.scratch, p.width, p.heads);
  }
}

/** Queries, keys and values back through their product and the first norm. */
function projectBackward(p: Plan, layer: i32, skip: usize): void {
  const d = p.width;
  const rowBytes = <usize>d << 2;
  const gradNormed = p.scratch;
  for (let i = 0; i < p.count; i += CHUNK) {
    const rows = min(CHUNK, p.count - i);
    const offset = <usize>i * rowBytes;
    const grad = p.gradQkv + 3 * offset;
    const normed = p.attentionInput + skip + offset;
    accumulateOuter(normed, rowBytes, grad, 3 * rowBytes, gradientOf(p, qkvWeights(p, layer)), 3 * rowBytes, rows, 3 * d, d);
    multiply(grad, 3 * rowBytes, packedQkvTransposed(p, layer), gradNormed, rowBytes, 0, rows, d, 3 * d);
    const gain = attentionGain(p, layer);
    const scales = p.attentionScale + skip + (<usize>i << 2);
    normBackward(p.input + skip + offset, gain, scales, gradNormed, p.gradResidual + offset, gradientOf(p, gain), rows, d);
  }
}

function embedBackward(p: Plan): void {
  const rowBytes = <usize>p.width << 2;
  const tokens = gradientOf(p, tokenTable(p));
  const positions = gradientOf(p, positionTable(p));
  for (let i = 0; i < p.count; i++) {
    const grad = p.gradResidual + <usize>i * rowBytes;
    addElements(tokens + <usize>load<i32>(p.tokens + (<usize>i << 2)) * rowBytes, grad, p.width);
    addElements(positions + <usize>load<i32>(p.positions + (<usize>i << 2)) * rowBytes, grad, p.width);
  }
}

export function backwardPass(p: Plan): void {
  memory.fill(p.gradient, 0, parametersEnd(p) - p.parameters);
  predictBackward(p);
  for (let layer = p.layers - 1; layer >= 0; layer--) {
    const skip = <usize>layer * p.layerStride;
    transformBackward(p, layer, skip);
    attendBackward(p, layer, skip);
    projectBackward(p, layer, skip);
  }
  embedBackward(p);
}
