/** The passes that the host calls, each one call; `plan` is the address of a Plan. */
import { adam as adamStep } from './rows';
import { backwardPass } from './backward';
import { forwardPass } from './forward';
import { multiply as multiplyPanels, packPanels, packTransposed } from './matmul';
import {
  Plan, downWeights, outputWeights, packedDown, packedDownTransposed, packedOutput, packedOutputTransposed, packedQkv,
  packedQkvTransposed, packedHead, packedHeadTransposed, packedUnembedding, packedUnembeddingTransposed, packedUp, packedUpTransposed,
  headWeights, qkvWeights, unembedding, upWeights,
} from './plan';

/** Rearranges the weights for the matrix products; due whenever the parameters have changed. */
export function pack(plan: usize): void {
  const p = changetype<Plan>(plan);
  const d = p.width;
  const f = p.hidden;
  for (let layer = 0; layer < p.layers; layer++) {
    packPanels(qkvWeights(p, layer), d, 3 * d, packedQkv(p, layer));
    packTransposed(qkvWeights(p, layer), d, 3 * d, 3 * d, packedQkvTransposed(p, layer));
    packPanels(outputWeights(p, layer), d, d, packedOutput(p, layer));
    packTransposed(outputWeights(p, layer), d, d, d, packedOutputTransposed(p, layer));
    packPanels(upWeights(p, layer), d, f, packedUp(p, layer));
    packTransposed(upWeights(p, layer), d, f, f, packedUpTransposed(p, layer));
    packPanels(downWeights(p, layer), f, d, packedDown(p, layer));
    packTransposed(downWeights(p, layer), f, d, d, packedDownTransposed(p, layer));
  }
  packPanels(unembedding(p), d, p.vocabulary, packedUnembedding(p));
  packTransposed(unembedding(p), d, p.vocabulary, p.paddedVocabulary, packedUnembeddingTransposed(p));
  if (p.outputs == 0) return;
  packPanels(headWeights(p), d, p.outputs, packedHead(p));
  packTransposed(headWeights(p), d, p.outputs, p.paddedOutputs, packedHeadTransposed(p));
}

/** Computes the plan's nodes: logits, head outputs and final hidden states of the wanted ones, which come first. */
export function forward(plan: usize): void {
  forwardPass(changetype<Plan>(plan));
}

/** Gradient of all parameters from `gradLogits` and `gradOutputs`, after a forward pass with `training` = 1 and `first` = 0. */
export function backward(plan: usize): void {
  backwardPass(changetype<Plan>(plan));
}

export function adam(
  parameters: usize, first: usize, second: usize, gradient: usize, count: i32,
  stepSize: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, rootScale: f32, epsilon: f32,
): void {
  adamStep(parameters, first, second, gradient, count, stepSize, beta1, rest1, beta2, rest2, rootScale, epsilon);
}

/** The matrix product alone, [rows, inner] · panels [inner, columns], so that a benchmark can measure the machine's peak. */
export function multiply(a: usize, panels: usize, result: usize, rows: i32, columns: i32, inner: i32): void {
  multiplyPanels(a, <usize>inner << 2, panels, result, <usize>columns << 2, 0, rows, columns, inner);
}
