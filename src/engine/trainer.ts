/**
 * The training loop: P × G rollouts → rewards → advantages → E × M inner updates on minibatches of whole groups.
 * Core computes what each update does; the model only carries it out.
 */
import type { MethodState, RolloutBatch } from '../core/batch.ts';
import { measuresFor, missingMeasured } from '../core/measures.ts';
import { composeMethod, defaultKnobs } from '../core/pipeline.ts';
import type { StageMix } from '../core/pipeline.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import { hashText } from '../core/random.ts';
import type { KnobValues, Method } from '../core/stages/types.ts';
import { mean } from '../core/stats.ts';
import type { Task } from '../core/tasks/types.ts';
import { candidateValues } from './candidates.ts';
import { askSecond, runUpdates } from './innerUpdates.ts';
import { fitVector } from './layout.ts';
import { measureSteps } from './measures/index.ts';
import { stepMetrics } from './metrics.ts';
import { withTruth } from './oracle.ts';
import { packResponses } from './pack.ts';
import type { StepMetrics, StopReason, TrainingSettings } from './protocol.ts';
import { assembleBatch, baseSteps, groupSteps, pairsOf } from './rollout.ts';
import type { SampledGroup } from './rollout.ts';
import { snapshotSecond } from './secondModels.ts';
import type { SecondModel } from './secondModels.ts';
import { finish, finishLater, settled, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

/** P 8, G 8, E 2, M 2, Adam 3e-4, T 1. */
export const DEFAULT_SETTINGS: TrainingSettings = {
  prompts: 8,
  groupSize: 8,
  epochs: 2,
  minibatches: 2,
  learningRate: 3e-4,
  temperature: 1,
};

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
  /** The method's second networks; none by default. */
  second?: readonly SecondModel[];
  /** Steps already taken, and the method's state after them. */
  step?: number;
  state?: MethodState;
}

/**
 * `before`: the weights that drew the batch. `idle`: a step without an update, since the method's filter kept no group of any
 * draw, and `reason` says so; the next step draws other prompts (as PRIME-RL/PRIME's loader does, which passes such a batch over).
 */
export type StepResult =
  | { kind: 'done'; batch: RolloutBatch; metrics: StepMetrics; before: Float32Array }
  | { kind: 'idle'; reason: Extract<StopReason, { kind: 'nothing-to-learn' }> }
  | { kind: 'stopped'; reason: StopReason };

export interface Trainer {
  /** Steps taken so far. */
  readonly step: number;
  readonly state: MethodState;
  /** These apply from the next step; a new method starts without a state, nothing else is reset. */
  setSettings(settings: TrainingSettings): void;
  setMethod(method: TrainerMethod, second?: readonly SecondModel[]): void;
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

/** The batch with what a filter reads of forced texts, where the method reads them. */
function* judgeable(
  { model, task, base, method: { composed, knobs } }: TrainerOptions<AnyModel>,
  batch: RolloutBatch,
): Steps<RolloutBatch> {
  const needs = (['answerLogprobs', 'corpusLogprobs'] as const).filter((need) => composed.needs.has(need));
  const { measures } = measuresFor(needs, []);
  return yield* measureSteps(batch, measures, { model, base, task, second: [], knobs });
}

/** Rolls out a step's groups; slots whose groups the method rejects are drawn again with other prompts. */
function* rollOut(options: TrainerOptions<AnyModel>, step: number, state: MethodState): Steps<RolloutBatch> {
  const { model, task, seed, settings, method } = options;
  const { knobs } = method;
  const { sampling } = method.composed.stages;
  const { temperature, groupSize } = settings;
  const valueModel = options.second?.find(({ spec }) => spec.name === sampling.candidates?.model)?.own;
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
      ...(valueModel ? { candidateValues: (texts) => candidateValues(valueModel, texts) } : {}),
    });
    missing.forEach((slot, i) => {
      chosen[slot] = drawn[i];
    });
    const judged = sampling.keepGroups && (yield* judgeable(options, { ...assembleBatch(task, model, drawn, temperature), draw }));
    const keep = judged && sampling.keepGroups?.({ batch: judged, knobs, state }).keep;
    missing = missing.filter((_, i) => keep?.[i] === 0);
  }
  return { ...assembleBatch(task, model, chosen, temperature), draw };
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
    const { model, method, second = [] } = current;
    const { composed, knobs } = method;
    const base = fitVector(current.base, model.layout);
    const good = snapshot(model);
    const restoreSecond = snapshotSecond(second);
    const sampled = yield* rollOut(current, step, state);
    const { refLogprobs, klToBase } = yield* baseSteps(model, base, sampled);
    // The weights are still those that drew the batch.
    const needsTruth = composed.needs.has('trueAdvantages');
    if (needsTruth && model.backend === 'tfjs-webgpu') throw new Error(NO_TRUTH_ON_GPU);
    const known = needsTruth && model.backend !== 'tfjs-webgpu' ? withTruth(model, current.task, sampled) : sampled;
    const drawn: RolloutBatch = {
      ...known,
      fields: { ...known.fields, refLogprobs },
      trainedWith: { method: composed.method.meta.id, knobs, state },
    };
    const options = { ...current, second };
    const answered = yield* askSecond(options, { batch: drawn, knobs, state });
    const lacking = answered ? missingMeasured(answered.batch, composed, knobs) : [];
    const { measures } = measuresFor(lacking, composed.measures(knobs));
    const batch = yield* measureSteps(answered?.batch ?? drawn, measures, { model, base, task: current.task, second, knobs });
    const isSound = answered !== null && Number.isFinite(klToBase);
    const outcome = isSound ? yield* runUpdates(options, { batch, composed, knobs, state }, answered, step) : null;
    if (!outcome) {
      restore(model, good);
      restoreSecond();
      const message = `Step ${step + 1} gave a number that is not finite, so it was undone. Lower the learning rate or load an earlier checkpoint, then go on.`;
      return { kind: 'stopped', reason: { kind: 'not-a-number', message, step } };
    }
    if (outcome.updates.length === 0) {
      restoreSecond();
      const right = Math.round(100 * mean(batch.responses.map((response) => response.reward)));
      const message = `Nothing to learn from: the method's filter kept none of the groups of ${MAX_ATTEMPTS} draws of ${batch.groups.length} prompts (${right} % of the last answers are right). Raise the temperature, choose another method, or load an earlier checkpoint.`;
      step++;
      return { kind: 'idle', reason: { kind: 'nothing-to-learn', message } };
    }
    const { updates, records } = outcome;
    const finished: RolloutBatch = { ...batch, updates, ...(records.length > 0 ? { models: records } : {}) };
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
    setMethod: (method, second = []) => {
      if (method.composed.method.meta.id !== current.method.composed.method.meta.id) state = null;
      current = atTemperature({ ...current, method, second });
    },
    setSeed: (seed) => {
      current = { ...current, seed };
    },
    advance: () => finish(advance()),
    advanceLater: (check) => finishLater(advance(), check),
  };
}
