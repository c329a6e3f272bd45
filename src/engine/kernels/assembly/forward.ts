import { attentionForward } from './attention';
import { writeConstants } from './exponential';
import { multiply } from './matmul';
import {
  CHUNK, Plan, activeNodes, attentionGain, finalGain, mlpGain, packedDown, packedHead, packedOutput, packedQkv, packedUnembedding, packedUp, positionTable, tokenTable,
} from './plan';
import { gelu, normForward } from './rows';

/** Token plus position embedding of every node of the pass. */
function embed(p: Plan): void {
  const rowBytes = <usize>p.width << 2;
  for (let i = 0; i < p.count; i++) {
    const node = <usize>(p.first + i) << 2;
    const token = tokenTable(p) + <usize>load<i32>(p.tokens + node) * rowBytes;
    const position = positionTable(p) + <usize>load<i32>(p.positions + node) * rowBytes;
    const to = p.input + <usize>i * rowBytes;
    for (let b: usize = 0; b < rowBytes; b += 16) v128.store(to + b, f32x4.add(v128.load(token + b), v128.load(position + b)));
  }
}

/** Norm and the product into queries, keys and values, a chunk of rows at a time. */
function project(p: Plan, layer: i32, skip: usize): void {
  const d = p.width;
  const rowBytes = <usize>d << 2;
  const qkv = p.qkv + <usize>layer * p.qkvStride + <usize>p.first * 3 * rowBytes;
  for (let i = 0; i < p.count; i += CHUNK) {
    const rows = min(CHUNK, p.count - i);
    const offset = <usize>i * rowBytes;
    const normed = p.attentionInput + skip + offset;
    normForward(p.input + skip + offset, attentionGain(p, layer), normed, p.attentionScale + skip + (<usize>i << 2), rows, d);
    multiply(normed, rowBytes, packedQkv(p, layer), qkv + 3 * offset, 3 * rowBytes, 0, rows, 3 * d, d);
  }
}

function attend(p: Plan, layer: i32, skip: usize): void {
  const rowBytes = <usize>p.width << 2;
  const qkv = p.qkv + <usize>layer * p.qkvStride;
  const weightBytes = <usize>p.heads * p.keyStride;
  const count = activeNodes(p, layer);
  for (let i = 0; i < count; i++) {
    const node = p.first + i;
    const path = p.paths + (<usize>load<i32>(p.pathStarts + (<usize>node << 2)) << 2);
    const keys = load<i32>(p.positions + (<usize>node << 2)) + 1;
    const weights = p.attentionWeights + skip + (p.training ? <usize>i * weightBytes : 0);
    attentionForward(qkv, node, path, keys, weights, p.keyStride, p.attentionOutput + skip + <usize>i * rowBytes, p.width, p.heads, p.constants);
  }
}

/** Attention's output product, the second norm and the MLP, a chunk of rows at a time. */
function transform(p: Plan, layer: i32, skip: usize): void {
  const d = p.width;
  const rowBytes = <usize>d << 2;
  const hiddenBytes = <usize>p.hidden << 2;
  const next = p.input + skip + <usize>p.layerStride;
  const count = activeNodes(p, layer);
  for (let i = 0; i < count; i += CHUNK) {
    const rows = min(CHUNK, count - i);
    const offset = <usize>i * rowBytes;
    const middle = p.middle + skip + offset;
    const normed = p.mlpInput + skip + offset;
    const hidden = p.mlpHidden + skip + <usize>i * hiddenBytes;
    const slopes = p.training ? p.mlpSlope + skip + <usize>i * hiddenBytes : 0;
    multiply(p.attentionOutput + skip + offset, rowBytes, packedOutput(p, layer), middle, rowBytes, p.input + skip + offset, rows, d, d);
    normForward(middle, mlpGain(p, layer), normed, p.mlpScale + skip + (<usize>i << 2), rows, d);
    multiply(normed, rowBytes, packedUp(p, layer), hidden, hiddenBytes, 0, rows, p.hidden, d);
    gelu(hidden, slopes, rows * p.hidden, p.constants);
    multiply(hidden, hiddenBytes, packedDown(p, layer), next + offset, rowBytes, middle, rows, d, p.hidden);
  }
}

/** Final norm, logits and head outputs of the wanted nodes. */
function predict(p: Plan): void {
  const rowBytes = <usize>p.width << 2;
  const logitBytes = <usize>p.paddedVocabulary << 2;
  normForward(p.input + <usize>p.layers * p.layerStride, finalGain(p), p.hiddenStates, p.finalScale, p.wanted, p.width);
  multiply(p.hiddenStates, rowBytes, packedUnembedding(p), p.logits, logitBytes, 0, p.wanted, p.paddedVocabulary, p.width);
  if (p.outputs == 0) return;
  multiply(p.hiddenStates, rowBytes, packedHead(p), p.headOutputs, <usize>p.paddedOutputs << 2, 0, p.wanted, p.paddedOutputs, p.width);
}

export function forwardPass(p: Plan): void {
  writeConstants(p.constants);
  embed(p);
  for (let layer = 0; layer < p.layers; layer++) {
    const skip = <usize>layer * p.layerStride;
    project(p, layer, skip);
    attend(p, layer, skip);
    transform(p, layer, skip);
  }
  predict(p);
}
