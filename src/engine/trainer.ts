/**
 * The training loop: P × G rollouts → rewards → advantages → E × M inner updates on minibatches of whole groups.
 * Core computes what each update does; the model only carries it out.
 */
import type { MethodState, RolloutBatch, UpdateRecord } from '../core/batch.ts';
import { composeMethod, defaultKnobs, missingNeeds, prepareCredit } from '../core/pipeline.ts';
import type { CreditInput, StageMix } from '../core/pipeline.ts';
import { CLIP_STATE } from '../core/pipeline.types.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import { hashText, STREAM, streamAt } from '../core/random.ts';
import type { KnobValues, Method } from '../core/stages/types.ts';
import { mean } from '../core/stats.ts';
import type { Task } from '../core/tasks/types.ts';
import { stepMetrics } from './metrics.ts';
import { withTruth } from './oracle.ts';
import { packResponses } from './pack.ts';
import type { StepMetrics, StopReason, TrainingSettings } from './protocol.ts';
import { assembleBatch, baseSteps, greedyRewardSteps, groupSteps, pairsOf } from './rollout.ts';
import type { SampledGroup } from './rollout.ts';
import { finish, finishLater, settled, type Steps } from './steps.ts';
import type { AdamSettings, AnyModel, LanguageModel } from './types.ts';
import { updateSteps } from './update.ts';

/** P 8, G 8, E 2, M 2, Adam 3e-4, T 1. */
export const DEFAULT_SETTINGS: TrainingSettings = {
  prompts: 8,
  groupSize: 8,
  epochs: 2,
  minibatches: 2,
  learningRate: 3e-4,
  temperature: 1,
};

/**
 * β2 0.95, not 0.999: towards the end most groups are all right and give no gradient. With a long memory the rare failure
 * then moves every weight by up to (1 − β1)/√(1 − β2) = 3.2 learning rates, and one such step in a thousand unlearns a digit.
 */
const ADAM: Omit<AdamSettings, 'learningRate'> = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };

const NO_TRUTH_ON_GPU =
  'This method trains on true values, which only the WebAssembly engine works out: choose it under "Engine", or another method.';

/** A slot whose groups a filter rejects is drawn at most this often. */
const MAX_ATTEMPTS = 10;

export interface TrainerMethod {
  composed: ComposedMethod;
  /** Full; the settings' T_base replaces `temperature`. */
  knobs: KnobValues;
  nextState: Method['nextState'];
}

/** A method ready to train; with stages of others mixed in, every method's state is carried. */
export function trainerMethod(method: Method, mix: StageMix = {}, knobs: KnobValues = defaultKnobs(method, mix)): TrainerMethod {
  const carriers = [...new Set([method, ...Object.values(mix)])].flatMap((member) => member.nextState ?? []);
  return {
    composed: composeMethod(method, mix),
    knobs,
    nextState: carriers.length === 0 ? undefined : (input) => Object.assign({}, ...carriers.map((next) => next(input))),
  };
}

export interface TrainerOptions<M extends AnyModel = LanguageModel> {
  model: M;
  task: Task;
  seed: string;
  settings: TrainingSettings;
  method: TrainerMethod;
  /** Weights that KL and the reference log-probs are taken against. */
  base: Float32Array;
  /** Steps already taken, and the method's state after them. */
  step?: number;
  state?: MethodState;
}

/** `before`: the weights that drew the batch. */
export type StepResult =
  | { kind: 'done'; batch: RolloutBatch; metrics: StepMetrics; before: Float32Array }
  | { kind: 'stopped'; reason: StopReason };

export interface Trainer {
  /** Steps taken so far. */
  readonly step: number;
  readonly state: MethodState;
  /** These apply from the next step; a new method starts without a state, nothing else is reset. */
  setSettings(settings: TrainingSettings): void;
  setMethod(method: TrainerMethod): void;
  setSeed(seed: string): void;
  /** One step, at once; of a model that answers later, `advanceLater`. */
  advance(): StepResult;
  /** `check` as in `finishLater`. */
  advanceLater(check?: () => void): Promise<StepResult>;
}

/** Weights and moments, to go back to. */
const snapshot = (model: AnyModel) => ({ parameters: model.getParameters(), optimizer: model.getOptimizer() });

function restore(model: AnyModel, good: ReturnType<typeof snapshot>): void {
  model.setParameters(good.parameters);
  model.setOptimizer(good.optimizer);
}

/** Whole groups, shuffled by a draw that depends on nothing but its place, cut into `count` parts of nearly equal size. */
function minibatchesOf(groups: readonly number[], count: number, ...keys: number[]): number[][] {
  const random = streamAt(...keys);
  const order = [...groups];
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  const parts = Math.min(count, order.length);
  const cut = (m: number) => Math.round((m * order.length) / parts);
  return Array.from({ length: parts }, (_, m) => order.slice(cut(m), cut(m + 1)).sort((a, b) => a - b));
}

/** Rolls out a step's groups; slots whose groups the method rejects are drawn again with other prompts. */
function* rollOut(options: TrainerOptions<AnyModel>, step: number, state: MethodState): Steps<RolloutBatch> {
  const { model, task, seed, settings, method } = options;
  const { composed, knobs } = method;
  const { sampling } = composed.stages;
  const { temperature, groupSize } = settings;
  const draw = { seed: hashText(seed), step };
  const chosen: SampledGroup[] = [];
  let missing = Array.from({ length: settings.prompts }, (_, slot) => slot);
  for (let attempt = 0; attempt < MAX_ATTEMPTS && missing.length > 0; attempt++) {
    const drawn = yield* groupSteps({
      model,
      task,
      ...draw,
      attempt,
      slots: missing,
      groupSize,
      baseTemperature: temperature,
      stage: sampling,
      knobs,
      state,
    });
    missing.forEach((slot, i) => {
      chosen[slot] = drawn[i];
    });
    const keep = sampling.keepGroups?.({ batch: { ...assembleBatch(task, model, drawn, temperature), draw }, knobs, state }).keep;
    missing = missing.filter((_, i) => keep?.[i] === 0);
  }
  const batch: RolloutBatch = { ...assembleBatch(task, model, chosen, temperature), draw };
  return missingNeeds(batch, composed.method, knobs).includes('greedyReward') ? yield* greedyRewardSteps(task, model, batch) : batch;
}

/** E × M inner updates on the kept groups. Null where a loss, a gradient or a weight was not a finite number. */
function* runUpdates(
  options: TrainerOptions<AnyModel>,
  credit: CreditInput,
  step: number,
): Steps<{ updates: UpdateRecord[]; clipFraction: number } | null> {
  const { model, settings } = options;
  const { kept, rewards, advantages } = prepareCredit(credit);
  const groupsKept = Array.from(kept.keys()).filter((group) => kept[group] === 1);
  const updates: UpdateRecord[] = [];
  let clipped = 0;
  let counted = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const minibatches = minibatchesOf(groupsKept, settings.minibatches, hashText(options.seed), STREAM.minibatch, step, epoch);
    for (const [minibatch, groups] of minibatches.entries()) {
      const { result, logprobs, entropies, gradLogits } = yield* updateSteps(model, {
        ...credit,
        groups,
        update: updates.length,
        rewards,
        advantages,
      });
      yield* settled(model.backward(gradLogits));
      const gradientNorm = model.gradientNorm();
      if (!Number.isFinite(result.loss) || !Number.isFinite(gradientNorm)) return null;
      model.adamStep({ ...ADAM, learningRate: settings.learningRate });
      updates.push({ epoch, minibatch, groups, logprobs, entropies, gradLogprobs: result.gradLogprobs, loss: result.loss, gradientNorm });
      if (epoch < settings.epochs - 1) continue;
      for (const value of result.trace.clipState?.values ?? [])
        clipped += value === CLIP_STATE.clipped || value === CLIP_STATE.dualClipped ? 1 : 0;
      counted += logprobs.length;
    }
  }
  return model.getParameters().every(Number.isFinite) ? { updates, clipFraction: counted > 0 ? clipped / counted : 0 } : null;
}

/** Adds the logits after the step's last update, for the *effect* of a step: true as long as no other step was taken. */
export const withEffect = (model: LanguageModel, batch: RolloutBatch): RolloutBatch => finish(effectSteps(model, batch));

/** As `withEffect`, on any model. */
export function* effectSteps(model: AnyModel, batch: RolloutBatch): Steps<RolloutBatch> {
  const { logits } = yield* settled(model.forward(packResponses(pairsOf(batch))));
  return { ...batch, logitsAfter: { width: model.config.vocabulary, data: logits } };
}

/** T_base is a setting of the run; a method's sampling stage reads it as the knob `temperature`. */
const atTemperature = <M extends AnyModel>(options: TrainerOptions<M>): TrainerOptions<M> => ({
  ...options,
  method: { ...options.method, knobs: { ...options.method.knobs, temperature: options.settings.temperature } },
});

/** Trains `options.model`, whose weights and moments it goes on from. */
export function createTrainer(options: TrainerOptions<AnyModel>): Trainer {
  let current = atTemperature(options);
  let step = options.step ?? 0;
  let state: MethodState = options.state ?? null;

  function* advance(): Steps<StepResult> {
    const { model, method, base } = current;
    const { composed, knobs } = method;
    const good = snapshot(model);
    const sampled = yield* rollOut(current, step, state);
    const { refLogprobs, klToBase } = yield* baseSteps(model, base, sampled);
    // The weights are still those that drew the batch.
    const needsTruth = composed.needs.has('trueAdvantages');
    if (needsTruth && model.backend === 'tfjs-webgpu') throw new Error(NO_TRUTH_ON_GPU);
    const known = needsTruth && model.backend !== 'tfjs-webgpu' ? withTruth(model, current.task, sampled) : sampled;
    const batch: RolloutBatch = {
      ...known,
      fields: { ...known.fields, refLogprobs },
      trainedWith: { method: composed.method.meta.id, knobs, state },
    };
    const outcome = Number.isFinite(klToBase) ? yield* runUpdates(current, { batch, composed, knobs, state }, step) : null;
    if (!outcome) {
      restore(model, good);
      const message = `Step ${step + 1} gave a number that is not finite, so it was undone. Lower the learning rate or load an earlier checkpoint, then go on.`;
      return { kind: 'stopped', reason: { kind: 'not-a-number', message, step } };
    }
    if (outcome.updates.length === 0) {
      const right = Math.round(100 * mean(batch.responses.map((response) => response.reward)));
      const message = `Nothing to learn from: in ${MAX_ATTEMPTS} draws of ${batch.groups.length} prompts all answers to each prompt earned the same, and the method drops such groups (${right} % of the last answers are right). Raise the temperature, choose another method, or load an earlier checkpoint.`;
      return { kind: 'stopped', reason: { kind: 'nothing-to-learn', message } };
    }
    const finished: RolloutBatch = { ...batch, updates: outcome.updates };
    state = method.nextState?.({ batch: finished, knobs, state }) ?? null;
    step++;
    return { kind: 'done', batch: finished, metrics: stepMetrics(finished, step, klToBase, outcome.clipFraction), before: good.parameters };
  }

  return {
    get step() {
      return step;
    },
    get state() {
      return state;
    },
    setSettings: (settings) => {
      current = atTemperature({ ...current, settings });
    },
    setMethod: (method) => {
      if (method.composed.method.meta.id !== current.method.composed.method.meta.id) state = null;
      current = atTemperature({ ...current, method });
    },
    setSeed: (seed) => {
      current = { ...current, seed };
    },
    advance: () => finish(advance()),
    advanceLater: (check) => finishLater(advance(), check),
  };
}
