/** The model as the oracle asks for it: log π after many prefixes of one prompt at a time, and the truth of whole groups. */
import type { RolloutBatch } from '../core/batch.ts';
import { log } from '../core/math.ts';
import { actionProblem, meanWithError, sampledValue, stateValues } from '../core/oracle/actions.ts';
import type { StateValues, ValueEstimate, WhatIf } from '../core/oracle/actions.ts';
import type { Extension, OracleProblem } from '../core/oracle/enumerate.ts';
import { enumerate } from '../core/oracle/enumerate.ts';
import type { GroupTruth, OracleBudget, OracleProgress } from '../core/oracle/truth.ts';
import { DEFAULT_BUDGET, estimatedTruth, groupProblem, groupTruth, openPrefixes, withTruths } from '../core/oracle/truth.ts';
import type { ValueTree } from '../core/oracle/valueTree.ts';
import type { Task } from '../core/tasks/types.ts';
import { drawContinuations, sampleContinuations } from './continuations.ts';
import type { Continued, Drawing } from './continuations.ts';
import { logSoftmaxInto } from './distribution.ts';
import type { LanguageModel, PackedSequences, PrefixCache } from './types.ts';

/** Prompt + each prefix, with the row after its last token wanted. */
export function packPrefixes(prompt: readonly number[], prefixes: readonly (readonly number[])[]): PackedSequences {
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

/** For a model without a cache: every prefix whole. A forward pass computes what those of one call share once. */
function wholePrefixes(model: LanguageModel, prompt: readonly number[]): PrefixCache {
  const prefixes: number[][] = [];
  return {
    extend(parents, tokens) {
      const asked = Array.from(parents, (parent, k) => (parent < 0 ? [] : [...prefixes[parent], tokens[k]]));
      prefixes.push(...asked);
      return model.forward(packPrefixes(prompt, asked)).logits;
    },
  };
}

/**
 * Answers an enumeration's extensions: log π(·|prompt, prefix) at T_base, [k,V], or with `drawing` the log-probabilities that it
 * draws from. Ends an enumeration on the same model that is not done; may replace its last `forward`.
 */
export function prefixEvaluator(
  model: LanguageModel,
  prompt: readonly number[],
  baseTemperature: number,
  drawing: Drawing | null = null,
): (extension: Pick<Extension, 'parents' | 'tokens'>) => Float64Array {
  const V = model.config.vocabulary;
  const { extend } = model.cachePrefixes?.(prompt) ?? wholePrefixes(model, prompt);
  const raw = new Float64Array(V);
  const shaped = new Float64Array(V);
  return ({ parents, tokens }) => {
    const logits = extend(parents, tokens);
    const rows = new Float64Array(logits.length);
    for (let k = 0; k < parents.length; k++) {
      const row = rows.subarray(k * V, (k + 1) * V);
      if (!drawing) {
        logSoftmaxInto(row, logits, k * V, baseTemperature);
        continue;
      }
      raw.set(logits.subarray(k * V, (k + 1) * V));
      drawing.stage.transform({ logits: raw, out: shaped, knobs: drawing.knobs, state: drawing.state });
      logSoftmaxInto(row, shaped, 0, 1);
    }
    return rows;
  };
}

/** Prefixes whose continuations are drawn together. */
const DRAWN_TOGETHER = 8;

/** Weights' owner and what they are asked about. `model` must hold the weights that drew the batch and be used by nobody else meanwhile. */
export interface TruthSource {
  model: LanguageModel;
  task: Task;
  batch: RolloutBatch;
  /** What drew the batch's tokens, where that is not the policy itself. */
  drawing?: Drawing | null;
}

export interface FoundTruth {
  group: number;
  truth: GroupTruth;
  nodes: number;
}

/** Share of an enumeration that is done: the unopened mass falls about as a power of the prefixes opened. */
function enumerationDone(unopened: number, nodes: number, { epsilon, maxNodes }: OracleBudget): number {
  return Math.max(unopened >= 1 ? 0 : Math.min(1, log(unopened) / log(epsilon)), nodes / maxNodes);
}

/** Works an enumeration off, one forward pass at a time. */
export function* enumerationSteps(
  problem: OracleProblem,
  budget: OracleBudget,
  evaluate: (extension: Extension) => Float64Array,
): Generator<OracleProgress, ValueTree> {
  const steps = enumerate(problem);
  let step = steps.next();
  let nodes = 0;
  while (!step.done) {
    const { parents, unopened } = step.value;
    nodes += parents.length;
    step = steps.next(evaluate(step.value));
    yield { phase: 'enumerating', done: enumerationDone(unopened, nodes, budget), nodes };
  }
  return step.value;
}

/**
 * The truth of some groups of a batch, one after the other; yields after each piece of work, so that other work can go on
 * between two. Where a group's tree is wider than the budget its values are estimated from continuations, which depend on the
 * budget's K alone, not on time.
 */
export function* truthSteps(
  source: TruthSource,
  groups: readonly number[],
  budget: OracleBudget,
): Generator<FoundTruth | OracleProgress, void> {
  const { drawing } = source;
  for (const group of groups) {
    const { truth, nodes } = yield* groupSteps(source, group, budget, null);
    const drawn = drawing ? yield* groupSteps(source, group, budget, drawing) : null;
    yield { group, truth: drawn ? { ...truth, drawnValues: drawn.truth.trueValues } : truth, nodes: nodes + (drawn?.nodes ?? 0) };
  }
}

function* groupSteps(
  source: TruthSource,
  group: number,
  budget: OracleBudget,
  drawing: Drawing | null,
): Generator<OracleProgress, { truth: GroupTruth; nodes: number }> {
  const { model, task, batch } = source;
  const evaluate = prefixEvaluator(model, batch.groups[group].prompt, batch.baseTemperature, drawing);
  const tree = yield* enumerationSteps(groupProblem(task, batch, group, budget), budget, evaluate);
  if (tree.isComplete) return { truth: groupTruth(tree, batch, group), nodes: tree.size };
  const rewards = yield* sampleSteps(source, group, openPrefixes(batch, group), budget, drawing, tree.size);
  return { truth: estimatedTruth(batch, group, rewards), nodes: tree.size };
}

/** [prefixes][K] rewards of continuations. */
function* sampleSteps(
  { model, task, batch }: TruthSource,
  group: number,
  prefixes: readonly (readonly number[])[],
  { continuations }: OracleBudget,
  drawing: Drawing | null,
  nodes: number,
): Generator<OracleProgress, number[][]> {
  const { prompt } = batch.groups[group];
  const request = { model, task, prompt, count: continuations, baseTemperature: batch.baseTemperature, seed: seedOf(batch), drawing };
  const rewards: number[][] = [];
  for (let from = 0; from < prefixes.length; from += DRAWN_TOGETHER) {
    rewards.push(...sampleContinuations({ ...request, prefixes: prefixes.slice(from, from + DRAWN_TOGETHER) }));
    yield { phase: 'sampling', done: rewards.length / prefixes.length, nodes };
  }
  return rewards;
}

/** Seed of everything that the oracle draws about a batch. */
const seedOf = (batch: RolloutBatch): number => batch.draw?.seed ?? 0;

/**
 * V(s) and Q(s, ·) at a prefix of a group: enumerated below every alternative, unlikely ones included; those whose intervals are
 * still wider than ε when the budget ends are estimated from K continuations each.
 */
export function* actionSteps(
  source: TruthSource,
  group: number,
  prefix: readonly number[],
  budget: OracleBudget,
): Generator<OracleProgress, StateValues> {
  const { model, task, batch } = source;
  const { prompt } = batch.groups[group];
  const evaluate = prefixEvaluator(model, [...prompt, ...prefix], batch.baseTemperature);
  const tree = yield* enumerationSteps(actionProblem(task, prompt, prefix, budget), budget, evaluate);
  const found = stateValues(tree);
  const isWide = ({ low, high }: ValueEstimate) => high - low >= budget.epsilon;
  const wide = found.actions.flatMap((action, token) => (isWide(action) ? [token] : []));
  const isValueWide = isWide(found.value);
  if (wide.length === 0 && !isValueWide) return found;
  const prefixes = [...(isValueWide ? [[...prefix]] : []), ...wide.map((token) => [...prefix, token])];
  const rewards = yield* sampleSteps(source, group, prefixes, budget, null, tree.size);
  const value = isValueWide ? sampledValue(rewards.shift() ?? []) : found.value;
  const actions = [...found.actions];
  wide.forEach((token, k) => {
    actions[token] = sampledValue(rewards[k]);
  });
  return { value, actions };
}

/** Continuations drawn together in a *what if*. */
const WHAT_IF_TOGETHER = 64;
/** Of these so many are handed out to read. */
const WHAT_IF_SHOWN = 6;

/** K answers that go on after `prefix`, a prefix of an answer of the group with another last token. */
export function* whatIfSteps(
  { model, task, batch }: TruthSource,
  group: number,
  prefix: readonly number[],
  count: number,
): Generator<OracleProgress, WhatIf> {
  const { prompt } = batch.groups[group];
  const hasEnded = prefix.includes(task.endToken) || prefix.length >= task.maxTokens;
  if (hasEnded) {
    const { reward } = task.verify(prompt, prefix);
    return { mean: reward, standardError: 0, count: 1, samples: [{ tokens: prefix, reward }] };
  }
  const request = { model, task, prompt, prefixes: [prefix], baseTemperature: batch.baseTemperature, seed: seedOf(batch) };
  let drawn: Continued[] = [];
  while (drawn.length < count) {
    const first = drawn.length;
    const size = Math.min(WHAT_IF_TOGETHER, count - first);
    drawn = [...drawn, ...drawContinuations({ ...request, first, count: size })[0]];
    yield { phase: 'sampling', done: drawn.length / count, nodes: 0 };
  }
  return { ...meanWithError(drawn.map(({ reward }) => reward)), count, samples: drawn.slice(0, WHAT_IF_SHOWN) };
}

/** The batch with the truth of all of its groups: `truthSteps` without a pause. */
export function withTruth(model: LanguageModel, task: Task, batch: RolloutBatch, budget: OracleBudget = DEFAULT_BUDGET): RolloutBatch {
  const truths = new Map<number, GroupTruth>();
  for (const found of truthSteps({ model, task, batch }, [...batch.groups.keys()], budget))
    if ('truth' in found) truths.set(found.group, found.truth);
  return withTruths(batch, truths);
}
