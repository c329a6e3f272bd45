import type { ForwardResult } from '../types.ts';
import type { Plan } from './plan.ts';
import type { WasmRuntime } from './runtime.ts';

/** Copies logits, head outputs and hidden states out of the kernels' memory: row k of the result is row `slots[k]` of the pass. */
export function readResults(runtime: WasmRuntime, plan: Plan, slots: Int32Array): ForwardResult {
  const { width, vocabulary, paddedVocabulary, outputs: O, paddedOutputs, wanted } = plan;
  const allLogits = runtime.floats(plan.logits, wanted * paddedVocabulary);
  const allHidden = runtime.floats(plan.hiddenStates, wanted * width);
  const allOutputs = runtime.floats(plan.headOutputs, wanted * paddedOutputs);
  const logits = new Float32Array(slots.length * vocabulary);
  const hidden = new Float32Array(slots.length * width);
  const outputs = new Float32Array(slots.length * O);
  for (let k = 0; k < slots.length; k++) {
    const fromLogits = slots[k] * paddedVocabulary;
    for (let v = 0; v < vocabulary; v++) logits[k * vocabulary + v] = allLogits[fromLogits + v];
    const fromOutputs = slots[k] * paddedOutputs;
    for (let o = 0; o < O; o++) outputs[k * O + o] = allOutputs[fromOutputs + o];
    const fromHidden = slots[k] * width;
    for (let i = 0; i < width; i++) hidden[k * width + i] = allHidden[fromHidden + i];
  }
  return { logits, hidden, outputs };
}
