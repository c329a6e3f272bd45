/**
 * The scoreboard's figures that need the model: each method's update direction on R batches drawn anew from the weights that
 * drew the frozen one, against the exact gradient of the expected reward.
 *
 * Headless use, once per task and once per method:
 *
 *     const ground = prepareScoreboard({ model, task, prompts, groupSize: 8, resamples: 16, seed: 'a' });
 *     const row = scoreboardRow(await loadMethod(id), ground);
 *     row.score?.accuracy.pearson; row.gradient?.cosine; row.gradient?.bias; row.gradient?.variance;
 */
import type { MethodState, RolloutBatch } from '../core/batch.ts';
import { SIGN_THRESHOLD } from '../core/metrics/creditAccuracy.ts';
import { scoreCredit } from '../core/metrics/creditScore.ts';
import type { CreditScore, ScoreOptions } from '../core/metrics/creditScore.ts';
import { gradientQuality } from '../core/metrics/gradientQuality.ts';
import type { GradientQuality } from '../core/metrics/gradientQuality.ts';
import { enumerate } from '../core/oracle/enumerate.ts';
import type { OracleProblem } from '../core/oracle/enumerate.ts';
import { DEFAULT_BUDGET, groupTruth, openPrefixes, promptProblem, withTruths } from '../core/oracle/truth.ts';
import type { GroupTruth, OracleBudget } from '../core/oracle/truth.ts';
import type { ValueTree } from '../core/oracle/valueTree.ts';
import { composeMethod, defaultKnobs, missingNeeds, prepareCredit } from '../core/pipeline.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import { hashText } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { KnobValues, Method, Need } from '../core/stages/types.ts';
import type { Task } from '../core/tasks/types.ts';
import { exactGradientSteps } from './exactGradient.ts';
import { measureSteps } from './measures/index.ts';
import { prefixEvaluator, withTruth } from './oracle.ts';
import { answerSteps, assembleBatch, compareWithBase } from './rollout.ts';
import { counted, finish } from './steps.ts';
import type { LanguageModel } from './types.ts';
import { prepareUpdate } from './update.ts';

/**
 * The direction in which the method's first update moves the weights: −∂loss/∂parameters over all kept groups as one minibatch,
 * at the weights that drew the batch (every ratio is 1). Null where the method keeps no group.
 */
export function ascentDirection(
  model: LanguageModel,
  batch: RolloutBatch,
  composed: ComposedMethod,
  knobs: KnobValues,
  state: MethodState = null,
): Float64Array | null {
  const credit = { batch, composed, knobs, state };
  const { kept, rewards, advantages } = prepareCredit(credit);
  const groups = Array.from(kept.keys()).filter((group) => kept[group] === 1);
  if (groups.length === 0) return null;
  const { gradLogits } = prepareUpdate(model, { ...credit, groups, rewards, advantages });
  model.backward(gradLogits);
  return Float64Array.from(model.getGradient(), (g) => 0 - g);
}

export interface RedrawRequest {
  /** Holds the weights that draw. */
  model: LanguageModel;
  task: Task;
  prompts: readonly (readonly number[])[];
  groupSize: number;
  baseTemperature: number;
  /** Weights that the reference log-probs are taken against. */
  base: Float32Array;
  seed: string;
}

/** The `draw`-th batch of these prompts at T_base without any method's own sampling, with the fields that methods read, but no truth. */
export function redrawBatch(request: RedrawRequest, draw: number): RolloutBatch {
  const { model, task, prompts, groupSize, baseTemperature, base } = request;
  const place = { seed: hashText(`scoreboard ${request.seed}`), step: draw };
  const groups = finish(
    answerSteps(
      {
        model,
        task,
        ...place,
        attempt: 0,
        slots: [...prompts.keys()],
        groupSize,
        baseTemperature,
        stage: temperatureSampling,
        knobs: { temperature: baseTemperature },
        state: null,
      },
      prompts,
    ),
  );
  const sampled = { ...assembleBatch(task, model, groups, baseTemperature), draw: place };
  const { refLogprobs } = compareWithBase(model, base, sampled);
  const batch = { ...sampled, fields: { ...sampled.fields, refLogprobs } };
  return finish(measureSteps(batch, [{ kind: 'greedy' }], { model, base, task, second: [], knobs: {} }));
}

/** What all methods are held against. */
export interface Ground {
  model: LanguageModel;
  /** [parameters] gradient of the mean expected reward over the prompts. */
  exact: Float64Array;
  /** Mean over the prompts of the policy's mass that was not opened; 0 would be exact to the last bit. */
  unopened: number;
  /** Estimate of how far `exact` may be off, over its own length. */
  residual: number;
  redrawn: readonly RolloutBatch[];
}

export interface GroundRequest extends Omit<RedrawRequest, 'seed'> {
  seed: string;
  /** R. */
  resamples: number;
  budget: OracleBudget;
}

/** Opens a tree; yields after each forward pass. */
function* openTree(
  model: LanguageModel,
  prompt: readonly number[],
  temperature: number,
  problem: OracleProblem,
): Generator<null, ValueTree> {
  const evaluate = prefixEvaluator(model, prompt, temperature);
  const steps = enumerate(problem);
  let step = steps.next();
  while (!step.done) {
    step = steps.next(evaluate(step.value));
    yield null;
  }
  return step.value;
}

/**
 * Draws the R batches, and opens each prompt's tree once: for the exact gradient and for the truth of every redrawn token. Where
 * that is wider than the budget, the tree is opened from the prompt alone, and the redrawn batches hold no truth. Yields the
 * batches and prompts done after each piece of work, R + P in all; the model must be used by nobody else meanwhile.
 */
export function* groundSteps(request: GroundRequest): Generator<number, Ground> {
  const { model, task, prompts, baseTemperature, budget, resamples } = request;
  const redrawn: RolloutBatch[] = [];
  for (let r = 0; r < resamples; r++) {
    redrawn.push(redrawBatch(request, r + 1));
    yield redrawn.length;
  }
  const exact = new Float64Array(model.layout.total);
  const truths = redrawn.map(() => new Map<number, GroupTruth>());
  let [unopened, residual, isTruthKnown] = [0, 0, true];
  for (const [group, prompt] of prompts.entries()) {
    const done = resamples + group;
    const open = (prefixes: readonly (readonly number[])[]) =>
      counted(done, openTree(model, prompt, baseTemperature, promptProblem(task, prompt, prefixes, budget)));
    const prefixes = new Map(redrawn.flatMap((batch) => openPrefixes(batch, group).map((prefix) => [prefix.join(), prefix])));
    let tree = isTruthKnown ? yield* open([...prefixes.values()]) : null;
    if (tree?.isComplete) for (const [r, batch] of redrawn.entries()) truths[r].set(group, groupTruth(tree, batch, group));
    else {
      isTruthKnown = false;
      tree = yield* open([]);
    }
    const found = yield* counted(done, exactGradientSteps(model, prompt, tree, baseTemperature));
    found.gradient.forEach((g, i) => {
      exact[i] += g / prompts.length;
    });
    unopened += tree.unopenedShare(0) / prompts.length;
    residual += found.residual / prompts.length;
  }
  let length = 0;
  for (const g of exact) length += g * g;
  return {
    model,
    exact,
    unopened,
    residual: residual / Math.sqrt(length),
    redrawn: isTruthKnown ? redrawn.map((batch, r) => withTruths(batch, truths[r])) : redrawn,
  };
}

/** The method's gradient against the exact one, or what the redrawn batches lack for it. */
export type MethodGradient = { quality: GradientQuality; missing: null } | { quality: null; missing: readonly Need[] };

/** A method's directions on the redrawn batches, one after the other; yields after each. `state` is what it carried into the step. */
export function* gradientSteps(
  { model, redrawn, exact }: Ground,
  composed: ComposedMethod,
  knobs: KnobValues,
  state: MethodState = null,
): Generator<null, MethodGradient> {
  const [first] = redrawn;
  const missing = first ? missingNeeds(first, composed.method, knobs) : [];
  if (missing.length > 0) return { quality: null, missing };
  const directions: Float64Array[] = [];
  for (const batch of redrawn) {
    const direction = ascentDirection(model, batch, composed, knobs, state);
    if (direction) directions.push(direction);
    yield null;
  }
  return { quality: gradientQuality(directions, exact), missing: null };
}

/** The result of steps that nobody needs to pause. */
function runThrough<T>(steps: Generator<unknown, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** What `scoreboardRow` needs besides the method. */
export interface ScoreboardGround extends Ground {
  task: Task;
  /** The frozen batch, drawn first and with its truth, that credit is scored on. */
  batch: RolloutBatch;
}

export interface HeadlessRequest {
  /** Holds the weights to score at. */
  model: LanguageModel;
  task: Task;
  prompts: readonly (readonly number[])[];
  groupSize: number;
  /** R; 0 leaves the gradients out. */
  resamples: number;
  seed: string;
  /** 1 by default. */
  baseTemperature?: number;
  /** The model's own weights by default. */
  base?: Float32Array;
  budget?: OracleBudget;
}

/** Draws and enumerates everything that the rows of all methods share. The model keeps its weights. */
export function prepareScoreboard(request: HeadlessRequest): ScoreboardGround {
  const { model, task } = request;
  const full = { baseTemperature: 1, base: model.getParameters(), budget: DEFAULT_BUDGET, ...request };
  const batch = withTruth(model, task, redrawBatch(full, 0), full.budget);
  return { ...runThrough(groundSteps(full)), task, batch };
}

export interface ScoreboardRow {
  method: string;
  /** What the method needs and the batch lacks; then there is no score. */
  missing: readonly Need[];
  /** Spearman, Pearson, right signs and waste, with 95 % intervals over prompts. */
  score: CreditScore | null;
  /** Cosine, bias and variance of its gradient; null where something is missing, or for R = 0. */
  gradient: GradientQuality | null;
}

const DEFAULT_SCORE: ScoreOptions = { update: 'first', threshold: SIGN_THRESHOLD, resamples: 500, seed: 0 };

/** All figures of one method at its default knobs, or others; at ratio 1. */
export function scoreboardRow(
  method: Method,
  ground: ScoreboardGround,
  knobs: KnobValues = defaultKnobs(method),
  options: Partial<ScoreOptions> = {},
): ScoreboardRow {
  const composed = composeMethod(method);
  const missing = missingNeeds(ground.batch, method, knobs);
  if (missing.length > 0) return { method: method.meta.id, missing, score: null, gradient: null };
  const score = scoreCredit(ground.batch, ground.task, composed, knobs, { ...DEFAULT_SCORE, ...options });
  const gradient = ground.redrawn.length > 0 ? runThrough(gradientSteps(ground, composed, knobs)).quality : null;
  return { method: method.meta.id, missing, score, gradient };
}
