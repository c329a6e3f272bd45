/** The exact policy gradient of the expected reward, from the enumerated answers. */
import { cosine } from '../core/metrics/gradientQuality.ts';
import type { GradientCertificate } from '../core/metrics/gradientQuality.ts';
import { promptProblem } from '../core/oracle/truth.ts';
import type { OracleBudget } from '../core/oracle/truth.ts';
import type { ValueTree } from '../core/oracle/valueTree.ts';
import type { Task } from '../core/tasks/types.ts';
import { enumerationSteps, packPrefixes, prefixEvaluator } from './oracle.ts';
import { counted } from './steps.ts';
import type { LanguageModel } from './types.ts';

/** Nodes in one backward pass: as many as are opened together, so that training beside it does not wait longer for either. */
const CHUNK = 256;

export interface ExactGradient {
  /** ∂J/∂parameters of the evaluated whole responses, J the expected reward of this prompt. */
  gradient: Float64Array;
  /**
   * Estimate of the norm of what is left out: unopened mass × largest |reward| × `largestScore`, the largest √Σ‖∂log π/∂logits‖²
   * along an evaluated path. An estimate, not a bound: a response that was not opened may have a larger score.
   */
  residual: number;
}

/** Σ P(y) R(y) ∇log P(y) over the evaluated responses: one weighted backward pass over the prefixes that hold them. */
export function exactGradient(
  model: LanguageModel,
  prompt: readonly number[],
  tree: ValueTree,
  baseTemperature: number,
  largestReward = 1,
): ExactGradient {
  const steps = exactGradientSteps(model, prompt, tree, baseTemperature, largestReward);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** As `exactGradient`; yields after each backward pass. */
export function* exactGradientSteps(
  model: LanguageModel,
  prompt: readonly number[],
  tree: ValueTree,
  baseTemperature: number,
  largestReward = 1,
): Generator<null, ExactGradient> {
  const V = model.config.vocabulary;
  const gradient = new Float64Array(model.layout.total);
  for (let from = 0; from < tree.size; from += CHUNK) {
    const nodes = Array.from({ length: Math.min(CHUNK, tree.size - from) }, (_, k) => from + k);
    model.forward(
      packPrefixes(
        prompt,
        nodes.map((node) => tree.prefix(node)),
      ),
    );
    const gradLogits = new Float32Array(nodes.length * V);
    nodes.forEach((node, k) => {
      tree.gradient(node).forEach((g, v) => {
        gradLogits[k * V + v] = g / baseTemperature;
      });
    });
    model.backward(gradLogits);
    model.getGradient().forEach((g, i) => {
      gradient[i] += g;
    });
    yield null;
  }
  return { gradient, residual: tree.unopenedShare(0) * largestReward * largestScore(tree) };
}

/** Largest norm of a path's score by the logits: √Σ_t ‖1[v = a_t] − π_v‖², over evaluated prefixes. */
function largestScore(tree: ValueTree): number {
  const squares = new Float64Array(tree.size);
  let most = 0;
  for (let node = 1; node < tree.size; node++) {
    const parent = tree.parent(node);
    const policy = tree.policy(parent);
    const token = tree.tokenOf(node);
    let own = 1 - 2 * policy[token];
    for (const p of policy) own += p * p;
    squares[node] = squares[parent] + own;
    most = Math.max(most, squares[node]);
  }
  return Math.sqrt(most);
}

/**
 * Holds the exact gradient of some prompts at ε against that at ε/10, each from the prompt's own tree alone. Yields the trees that
 * are done, of two for each prompt, after each piece of work; `model` holds the weights in question and is used by nobody else
 * meanwhile.
 */
export function* certificateSteps(
  model: LanguageModel,
  task: Task,
  prompts: readonly (readonly number[])[],
  baseTemperature: number,
  budget: OracleBudget,
): Generator<number, GradientCertificate> {
  const [coarse, fine] = [new Float64Array(model.layout.total), new Float64Array(model.layout.total)];
  let [residual, cutShort, done] = [0, 0, 0];
  for (const prompt of prompts) {
    for (const sums of [coarse, fine]) {
      const own = sums === coarse ? budget : { ...budget, epsilon: budget.epsilon / 10 };
      const evaluate = prefixEvaluator(model, prompt, baseTemperature);
      const tree = yield* counted(done, enumerationSteps(promptProblem(task, prompt, [], own), own, evaluate));
      const found = yield* counted(done, exactGradientSteps(model, prompt, tree, baseTemperature));
      found.gradient.forEach((value, i) => {
        sums[i] += value / prompts.length;
      });
      if (sums === coarse) residual += found.residual / prompts.length;
      else if (!tree.isComplete) cutShort++;
      done++;
    }
  }
  let square = 0;
  for (const value of coarse) square += value * value;
  const cosineToFiner = cosine(coarse, fine);
  return {
    epsilon: budget.epsilon,
    residual: residual / Math.sqrt(square),
    cosineToFiner,
    // The chord between the two unit vectors.
    cosineChange: Math.sqrt(Math.max(0, 2 * (1 - cosineToFiner))),
    cutShort,
  };
}
