/** The model as the oracle asks for it: log π after many prefixes of one prompt at a time, and the exact gradient. */
import type { RolloutBatch } from '../core/batch.ts';
import type { Extension } from '../core/oracle/enumerate.ts';
import { enumerate } from '../core/oracle/enumerate.ts';
import type { GroupTruth, OracleBudget } from '../core/oracle/truth.ts';
import { DEFAULT_BUDGET, estimatedTruth, groupProblem, groupTruth, openPrefixes, withTruths } from '../core/oracle/truth.ts';
import type { ValueTree } from '../core/oracle/valueTree.ts';
import type { Task } from '../core/tasks/types.ts';
import { sampleContinuations } from './continuations.ts';
import { logSoftmaxInto } from './distribution.ts';
import type { LanguageModel, PackedSequences } from './types.ts';

/** Prompt + each prefix, with the row after its last token wanted. */
function packPrefixes(prompt: readonly number[], prefixes: readonly (readonly number[])[]): PackedSequences {
  const offsets = new Int32Array(prefixes.length + 1);
  prefixes.forEach((prefix, s) => {
    offsets[s + 1] = offsets[s] + prompt.length + prefix.length;
  });
  const ids = new Int32Array(offsets[prefixes.length]);
  prefixes.forEach((prefix, s) => {
    ids.set(prompt, offsets[s]);
    ids.set(prefix, offsets[s] + prompt.length);
  });
  return { ids, offsets, rows: offsets.subarray(1).map((end) => end - 1) };
}

/**
 * Answers an enumeration's extensions: log π(·|prompt, prefix) at T_base, [k,V]. A forward pass computes what the prefixes
 * share once, so that evaluating them whole costs little more than their last tokens. Replaces the model's last `forward`.
 */
export function prefixEvaluator(
  model: LanguageModel,
  prompt: readonly number[],
  baseTemperature: number,
): (extension: Extension) => Float64Array {
  const V = model.config.vocabulary;
  const prefixes: number[][] = [];
  return ({ parents, tokens }) => {
    const asked = Array.from(parents, (parent, k) => (parent < 0 ? [] : [...prefixes[parent], tokens[k]]));
    prefixes.push(...asked);
    const { logits } = model.forward(packPrefixes(prompt, asked));
    const rows = new Float64Array(logits.length);
    for (let k = 0; k < asked.length; k++) logSoftmaxInto(rows.subarray(k * V, (k + 1) * V), logits, k * V, baseTemperature);
    return rows;
  };
}

/** Prefixes whose continuations are drawn together. */
const DRAWN_TOGETHER = 8;

/**
 * The truth of some groups of a batch, one after the other; yields after each piece of work, so that other work can go on
 * between two. `model` must hold the weights that drew the batch and be used by nobody else meanwhile. Where a group's tree is
 * wider than the budget its values are estimated from continuations, which depend on the budget's K alone, not on time.
 */
export function* truthSteps(
  model: LanguageModel,
  task: Task,
  batch: RolloutBatch,
  groups: readonly number[],
  budget: OracleBudget,
): Generator<{ group: number; truth: GroupTruth; nodes: number } | null, void> {
  for (const group of groups) {
    const evaluate = prefixEvaluator(model, batch.groups[group].prompt, batch.baseTemperature);
    const steps = enumerate(groupProblem(task, batch, group, budget));
    let step = steps.next();
    while (!step.done) {
      step = steps.next(evaluate(step.value));
      yield null;
    }
    const tree = step.value;
    const truth = tree.isComplete ? groupTruth(tree, batch, group) : yield* estimate(model, task, batch, group, budget);
    yield { group, truth, nodes: tree.size };
  }
}

function* estimate(
  model: LanguageModel,
  task: Task,
  batch: RolloutBatch,
  group: number,
  { continuations }: OracleBudget,
): Generator<null, GroupTruth> {
  const { prompt } = batch.groups[group];
  const prefixes = openPrefixes(batch, group);
  const rewards: number[][] = [];
  for (let from = 0; from < prefixes.length; from += DRAWN_TOGETHER) {
    const request = { model, task, prompt, count: continuations, baseTemperature: batch.baseTemperature, seed: batch.draw?.seed ?? 0 };
    rewards.push(...sampleContinuations({ ...request, prefixes: prefixes.slice(from, from + DRAWN_TOGETHER) }));
    yield null;
  }
  return estimatedTruth(batch, group, rewards);
}

/** The batch with the truth of all of its groups: `truthSteps` without a pause. */
export function withTruth(model: LanguageModel, task: Task, batch: RolloutBatch, budget: OracleBudget = DEFAULT_BUDGET): RolloutBatch {
  const truths = new Map<number, GroupTruth>();
  for (const found of truthSteps(model, task, batch, [...batch.groups.keys()], budget)) if (found) truths.set(found.group, found.truth);
  return withTruths(batch, truths);
}

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
