/** A step's updates: E × M of the policy on minibatches of whole groups, and those of the method's second networks. */
import type { ModelRecord, RolloutBatch, UpdateRecord } from '../core/batch.ts';
import { prepareCredit } from '../core/pipeline.ts';
import type { CreditInput } from '../core/pipeline.ts';
import { CLIP_STATE } from '../core/pipeline.types.ts';
import { hashText, STREAM, streamAt } from '../core/random.ts';
import { withAnswers } from '../core/stages/models.ts';
import type { ModelLossInput } from '../core/stages/models.ts';
import type { KnobValues } from '../core/stages/types.ts';
import type { TrainingSettings } from './protocol.ts';
import { packResponses } from './pack.ts';
import { pairsOf } from './rollout.ts';
import { followPolicy, noteUpdate, secondPass, sharedAnswers, updateSecond } from './secondModels.ts';
import type { SecondModel, SecondPass } from './secondModels.ts';
import { settled, type Steps } from './steps.ts';
import type { AdamSettings, AnyModel } from './types.ts';
import { updateSteps } from './update.ts';

/**
 * β2 0.95, not 0.999: towards the end most groups are all right and give no gradient. With a long memory the rare failure
 * then moves every weight by up to (1 − β1)/√(1 − β2) = 3.2 learning rates, and one such step in a thousand unlearns a digit.
 */
const ADAM: Omit<AdamSettings, 'learningRate'> = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };

export interface UpdateOptions {
  model: AnyModel;
  seed: string;
  settings: TrainingSettings;
  second: readonly SecondModel[];
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

/** A batch with the answers of the second networks, and what the once-a-step ones are updated from. */
export interface Answered {
  batch: RolloutBatch;
  passes: ReadonlyMap<SecondModel, SecondPass>;
  records: readonly ModelRecord[];
}

const adamOf = ({ spec }: SecondModel, knobs: KnobValues, settings: TrainingSettings): AdamSettings & { clip?: number } => ({
  ...ADAM,
  learningRate: spec.learningRate(knobs, settings.learningRate),
  ...(spec.gradientClip ? { clip: spec.gradientClip(knobs) } : {}),
});

/**
 * Asks the second networks about a batch that was just drawn, while the policy still is what drew it. One that is updated before
 * its answers enter the rewards is updated here, and asked again. Null where a number was not finite.
 */
export function* askSecond(options: UpdateOptions, { batch, knobs, state }: Omit<CreditInput, 'composed'>): Steps<Answered | null> {
  const { model, settings, second } = options;
  const pairs = pairsOf(batch);
  const passes = new Map<SecondModel, SecondPass>();
  const records: ModelRecord[] = [];
  let answered = batch;
  for (const each of second) {
    const { spec, own } = each;
    if (!own) {
      const { outputs } = yield* settled(model.forward(packResponses(pairs)));
      answered = withAnswers(answered, spec, knobs, sharedAnswers(outputs).answers);
      continue;
    }
    let pass = secondPass(own, spec, knobs, pairs, batch.baseTemperature);
    if (spec.schedule(knobs) === 'before' && spec.isOnline(knobs)) {
      const result = spec.loss({ batch: answered, knobs, state, now: pass });
      const record = updateSecond(each, pass, result, adamOf(each, knobs, settings), batch.baseTemperature);
      if (!record) return null;
      records.push(record);
      pass = secondPass(own, spec, knobs, pairs, batch.baseTemperature);
    }
    answered = withAnswers(answered, spec, knobs, pass.answers);
    passes.set(each, pass);
  }
  return { batch: answered, passes, records };
}

const totalLoss = (models: readonly ModelRecord[]): number => models.reduce((sum, { loss }) => sum + loss, 0);

export interface UpdatesOutcome {
  updates: UpdateRecord[];
  /** Of the networks that are updated once a step. */
  records: readonly ModelRecord[];
  clipFraction: number;
}

/** E × M inner updates on the kept groups. Null where a loss, a gradient or a weight was not a finite number. */
export function* runUpdates(options: UpdateOptions, credit: CreditInput, answered: Answered, step: number): Steps<UpdatesOutcome | null> {
  const { model, settings, second } = options;
  const { knobs, composed } = credit;
  const prepared = prepareCredit(credit);
  const { kept, rewards, advantages, targets } = prepared;
  const aims = targets ? { targets } : {};
  // A head on the policy moves it with its own loss.
  const trainsPolicy = composed.method.trains !== 'model' || second.some(({ own }) => own === null);
  const groupsKept = Array.from(kept.keys()).filter((group) => kept[group] === 1);
  const updates: UpdateRecord[] = [];
  let clipped = 0;
  let counted = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const minibatches = minibatchesOf(groupsKept, settings.minibatches, hashText(options.seed), STREAM.minibatch, step, epoch);
    for (const [minibatch, groups] of minibatches.entries()) {
      const input = { ...credit, groups, update: updates.length, rewards, advantages, ...aims };
      const { result, logprobs, entropies, forcedLogprobs, gradLogits, gradOutputs, answers, passes } = yield* updateSteps(
        model,
        input,
        second,
      );
      let gradientNorm = 0;
      if (trainsPolicy) {
        yield* settled(model.backward(gradLogits, gradOutputs));
        gradientNorm = model.gradientNorm();
        if (!Number.isFinite(result.loss) || !Number.isFinite(gradientNorm)) return null;
        model.adamStep({ ...ADAM, learningRate: settings.learningRate });
      }
      const models: ModelRecord[] = [];
      for (const each of second) {
        const { name } = each.spec;
        const loss = result.models[name];
        if (!loss) continue;
        const pass = passes.get(name);
        const record = pass
          ? updateSecond(each, pass, loss, adamOf(each, knobs, settings), credit.batch.baseTemperature)
          : noteUpdate(each, answers[name].answers, loss.loss, gradientNorm);
        if (!record) return null;
        models.push(record);
      }
      // A policy that is left as it is was given no gradient.
      const { gradLogprobs, loss } = trainsPolicy ? result : { gradLogprobs: new Float64Array(logprobs.length), loss: totalLoss(models) };
      const learned = models.length > 0 ? { models } : {};
      const forced = result.gradForced ? { forced: { logprobs: forcedLogprobs, gradLogprobs: result.gradForced } } : {};
      updates.push({ epoch, minibatch, groups, logprobs, entropies, gradLogprobs, ...forced, loss, gradientNorm, ...learned });
      if (epoch < settings.epochs - 1) continue;
      for (const value of result.trace.clipState?.values ?? [])
        clipped += value === CLIP_STATE.clipped || value === CLIP_STATE.dualClipped ? 1 : 0;
      counted += logprobs.length;
    }
  }
  const records = updates.length > 0 ? updateOnce(options, { ...credit, rewards, ...aims }, answered) : answered.records;
  for (const each of second) followPolicy(each, model, knobs, step + 1);
  if (!records || !model.getParameters().every(Number.isFinite)) return null;
  return { updates, records, clipFraction: counted > 0 ? clipped / counted : 0 };
}

/** The networks that learn once a step from the answers that entered its rewards. */
function updateOnce(
  { second, settings }: UpdateOptions,
  input: Omit<ModelLossInput, 'now'>,
  { passes, records }: Answered,
): readonly ModelRecord[] | null {
  const all = [...records];
  for (const each of second) {
    const pass = passes.get(each);
    if (!pass || each.spec.schedule(input.knobs) !== 'after' || !each.spec.isOnline(input.knobs)) continue;
    const result = each.spec.loss({ ...input, now: pass });
    const record = updateSecond(each, pass, result, adamOf(each, input.knobs, settings), input.batch.baseTemperature);
    if (!record) return null;
    all.push(record);
  }
  return all;
}
