/** The exact policy gradient of the expected reward, from the enumerated answers. */
import { cosine } from '../core/metrics/gradientQuality.ts';
import { DEFAULT_BUDGET, promptProblem } from '../core/oracle/truth.ts';
import type { OracleBudget } from '../core/oracle/truth.ts';
import type { ValueTree } from '../core/oracle/valueTree.ts';
import type { Task } from '../core/tasks/types.ts';
import { enumerationSteps, packPrefixes, prefixEvaluator } from './oracle.ts';
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

/** How far the exact gradient at ε can be trusted. */
export interface GradientCertificate {
  /** [parameters] mean over the prompts of the gradient at ε. */
  gradient: Float64Array;
  /** Mean of the prompts' residuals over the length of the gradient: an estimate, not a bound. */
  residual: number;
  /** Cosine of the gradient at ε with that at ε/10: 1 where opening more of the trees changes no direction. */
  cosineToFiner: number;
  /** Prompts whose tree the node budget ended before ε/10. */
  cutShort: number;
}

/**
 * The exact gradient of some prompts at ε and at ε/10, each from the prompt's own tree alone. Yields after each piece of work;
 * `model` holds the weights in question and is used by nobody else meanwhile.
 */
export function* certificateSteps(
  model: LanguageModel,
  task: Task,
  prompts: readonly (readonly number[])[],
  baseTemperature: number,
  budget: OracleBudget = DEFAULT_BUDGET,
): Generator<null, GradientCertificate> {
  const budgets = [budget, { ...budget, epsilon: budget.epsilon / 10 }];
  const [coarse, fine] = budgets.map(() => new Float64Array(model.layout.total));
  let [residual, cutShort] = [0, 0];
  for (const prompt of prompts) {
    for (const own of budgets) {
      const evaluate = prefixEvaluator(model, prompt, baseTemperature);
      const steps = enumerationSteps(promptProblem(task, prompt, [], own), own, evaluate);
      let step = steps.next();
      while (!step.done) {
        yield null;
        step = steps.next();
      }
      const tree = step.value;
      const found = yield* exactGradientSteps(model, prompt, tree, baseTemperature);
      const sums = own === budget ? coarse : fine;
      found.gradient.forEach((value, i) => {
        sums[i] += value / prompts.length;
      });
      if (own === budget) residual += found.residual / prompts.length;
      else if (!tree.isComplete) cutShort++;
    }
  }
  let square = 0;
  for (const value of coarse) square += value * value;
  return { gradient: coarse, residual: residual / Math.sqrt(square), cosineToFiner: cosine(coarse, fine), cutShort };
}
