/**
 * From a frozen batch to credit: prepares rewards and advantages once per batch, and computes one inner update. The trainer
 * and the page call the same functions on the same inputs, so their numbers are the same bits.
 */
import type { MethodState, RolloutBatch, TokenField, TokenMatrix } from './batch.ts';
import type { BatchSlice } from './batchSlice.ts';
import { gather, sliceGroups } from './batchSlice.ts';
import type { ComposedMethod, CreditResult } from './pipeline.types.ts';
import { STREAM, uniformAt } from './random.ts';
import { BASE_STAGES } from './stages/base.ts';
import { onceTraces, planUpdates, recorded, recordedForced, recordedModels, unrecorded } from './recordedUpdates.ts';
import type { ModelLossResult, ModelOutputs } from './stages/models.ts';
import type { AdvantageResult, KnobValues, LossResult, RewardResult, Trace, TraceEntry } from './stages/types.ts';
import { perToken, scatterTrace } from './trace.ts';

export { composeMethod, defaultKnobs, knobsOf, lacks, missingFor, missingNeeds, type StageMix } from './compose.ts';

/** Rewards and advantages of a whole batch, and which groups take part. */
export interface PreparedCredit {
  /** [groups] 0/1. */
  kept: Uint8Array;
  /** Over the whole batch, dropped groups included. */
  rewards: RewardResult;
  /** [N]; NaN on dropped groups. */
  advantages: Float64Array;
  /** [N] what a second model should have answered, where the advantage stage says it; NaN on dropped groups. */
  targets?: Float64Array;
  trace: Trace;
}

export interface CreditInput {
  /** The whole batch. */
  batch: RolloutBatch;
  composed: ComposedMethod;
  knobs: KnobValues;
  state: MethodState;
}

/** Stages sampling (which groups are kept), reward and advantage: once per batch. Advantages are taken over the kept groups only. */
export function prepareCredit({ batch, composed, knobs, state }: CreditInput): PreparedCredit {
  const { stages } = composed;
  const filtered = stages.sampling.keepGroups?.({ batch, knobs, state });
  const kept = filtered?.keep ?? new Uint8Array(batch.groups.length).fill(1);
  const rewards = stages.reward({ batch, knobs, state });
  const trace: Record<string, TraceEntry> = { ...filtered?.trace, ...rewards.trace };
  if (kept.every((keep) => keep === 1)) {
    const result = stages.advantage({ batch, knobs, state, rewards });
    const { advantages, targets } = result;
    return { kept, rewards, advantages, ...(targets ? { targets } : {}), trace: { ...trace, ...result.trace } };
  }
  const advantages = new Float64Array(batch.tokens.length).fill(NaN);
  let targets: Float64Array | undefined;
  const slice = sliceGroups(
    batch,
    Array.from(kept.keys()).filter((g) => kept[g] === 1),
    { matrices: readsMatrices(composed) },
  );
  if (slice.groups.length > 0) {
    const result: AdvantageResult = stages.advantage({ batch: slice.batch, knobs, state, rewards: sliceRewards(rewards, slice) });
    const scattered = (values: Float64Array, out: Float64Array) => {
      slice.tokenIndex.forEach((t, k) => {
        out[t] = values[k];
      });
      return out;
    };
    scattered(result.advantages, advantages);
    targets = result.targets && scattered(result.targets, new Float64Array(advantages.length).fill(NaN));
    scatterTrace(trace, batch, slice, result.trace, true);
  }
  return { kept, rewards, advantages, ...(targets ? { targets } : {}), trace };
}

/** Copying [N,V] logits is worth it only for a stage that reads them. */
const readsMatrices = ({ needs }: ComposedMethod) => needs.has('logits') || needs.has('hidden') || needs.has('sumPiSquared');

/** The minibatch with a uniform draw per token, a function of its place alone; given draws are kept. */
function withUniforms({ batch, tokenIndex }: BatchSlice, update: number): RolloutBatch {
  if (batch.fields.uniforms) return batch;
  const { seed, step } = batch.draw ?? { seed: 0, step: 0 };
  const uniforms = Float64Array.from(tokenIndex, (t) => uniformAt(seed, STREAM.tokens, step, update, t));
  return { ...batch, fields: { ...batch.fields, uniforms } };
}

function sliceRewards(rewards: RewardResult, slice: BatchSlice): RewardResult {
  return {
    streams: Object.fromEntries(Object.entries(rewards.streams).map(([name, values]) => [name, gather(values, slice.tokenIndex)])),
    total: gather(rewards.total, slice.responseIndex),
    ...(rewards.levels
      ? {
          levels: {
            tokens: gather(rewards.levels.tokens, slice.tokenIndex),
            padding: gather(rewards.levels.padding, slice.responseIndex),
          },
        }
      : {}),
    trace: rewards.trace,
  };
}

export interface UpdateInput extends CreditInput {
  /** The minibatch: indices of kept groups, ascending. */
  groups: readonly number[];
  /** Of the whole batch, from `prepareCredit`. */
  rewards: RewardResult;
  advantages: Float64Array;
  targets?: Float64Array;
  /** Of the second models that learn with this update, at its tokens: their numbers now, by name. */
  models?: Readonly<Record<string, ModelOutputs>>;
  /** Index of this inner update within its step, 0 by default: a loss that draws tokens draws others at each. */
  update?: number;
  /** log π and entropy of the current policy on the minibatch's tokens, [N_k]. */
  logprobs?: Float64Array;
  entropies?: Float64Array;
  /** log π of the current policy on the minibatch's forced tokens, [F_k]. */
  forcedLogprobs?: Float64Array;
  /** Its raw logits there, [N_k,V]. */
  logits?: TokenMatrix;
}

export interface UpdateResult extends LossResult {
  /** The minibatch; its `tokenIndex` says where each of the N_k tokens stands in the whole batch. */
  minibatch: BatchSlice;
  /** Losses of the second models whose numbers were given, by name. */
  models: Readonly<Record<string, ModelLossResult>>;
}

/** One inner update: loss and regulariser on a minibatch, summed, with ∂L/∂log π [N_k]. */
export function computeUpdate(input: UpdateInput): UpdateResult {
  const { batch, composed, knobs, state, groups } = input;
  const fields: Partial<Record<TokenField, Float64Array>> = {};
  if (input.logprobs) fields.logprobs = input.logprobs;
  if (input.entropies) fields.entropies = input.entropies;
  const { forcedLogprobs } = input;
  const minibatch = sliceGroups(batch, groups, {
    fields,
    matrices: readsMatrices(composed),
    ...(forcedLogprobs ? { forcedLogprobs } : {}),
  });
  const lossBatch = composed.needs.has('uniforms') ? withUniforms(minibatch, input.update ?? 0) : minibatch.batch;
  const lossInput = {
    batch: lossBatch,
    knobs,
    state,
    rewards: sliceRewards(input.rewards, minibatch),
    advantages: gather(input.advantages, minibatch.tokenIndex),
    ...(input.logits ? { logits: input.logits } : {}),
  };
  const loss = composed.stages.loss(lossInput);
  const regulariser = composed.stages.regulariser(lossInput);
  const gradLogprobs = loss.gradLogprobs.map((value, t) => value + regulariser.gradLogprobs[t]);
  const gradLogits = addOptional(loss.gradLogits, regulariser.gradLogits);
  const { batch: part, rewards } = lossInput;
  const targets = input.targets && gather(input.targets, minibatch.tokenIndex);
  const models: Record<string, ModelLossResult> = {};
  for (const spec of composed.models) {
    const now = input.models?.[spec.name];
    if (now) models[spec.name] = spec.loss({ batch: part, knobs, state, now, rewards, ...(targets ? { targets } : {}) });
  }
  const modelTraces: Trace = Object.assign({}, ...Object.values(models).map(({ trace }) => trace));
  const gradForced = addOptional(loss.gradForced, regulariser.gradForced);
  const penalty = regulariser.trace.tokenPenalty?.values;
  const tokenLoss = loss.trace.tokenLoss?.values;
  const objective: Trace = tokenLoss ? { tokenObjective: perToken(penalty ? tokenLoss.map((m, t) => m + penalty[t]) : tokenLoss) } : {};
  return {
    loss: loss.loss + regulariser.loss,
    gradLogprobs,
    ...(gradLogits ? { gradLogits } : {}),
    ...(gradForced ? { gradForced } : {}),
    trace: { ...loss.trace, ...regulariser.trace, ...modelTraces, ...objective, gradLogprobs: perToken(gradLogprobs) },
    minibatch,
    models,
  };
}

function addOptional(a: Float64Array | undefined, b: Float64Array | undefined): Float64Array | undefined {
  return a && b ? a.map((value, i) => value + b[i]) : (a ?? b);
}

/**
 * The temperature at which the method's own sampling stage would have drawn each token, from the stored logits: trace
 * `wouldTemperature`. Statistics are those it carried into this step, or, for a batch that it did not train, this batch's
 * own. Nothing where the method samples plainly or the batch has no logits.
 */
export function replaySampling(batch: RolloutBatch, composed: ComposedMethod, knobs: KnobValues): Trace {
  const { sampling } = composed.stages;
  // A stage that reads candidates' values moves the logits at the base temperature, and traces by how much itself.
  if (!batch.logits || sampling.transform === BASE_STAGES.sampling.transform || sampling.candidates) return {};
  const isOwn = batch.trainedWith?.method === composed.method.meta.id;
  const state =
    isOwn || !batch.fields.oldEntropies ? stateOf(batch, composed) : (composed.nextState?.({ batch, knobs, state: null }) ?? null);
  const { width, data } = batch.logits;
  const logits = new Float64Array(width);
  const out = new Float64Array(width);
  const atBase = { ...knobs, temperature: batch.baseTemperature };
  const would = new Float64Array(batch.tokens.length);
  for (let t = 0; t < would.length; t++) {
    logits.set(data.subarray(t * width, (t + 1) * width));
    would[t] = sampling.transform({ logits, out, knobs: atBase, state }).temperature;
  }
  return { wouldTemperature: perToken(would) };
}

/** The state that the composed sampling stage carried into this step, where the batch was trained with it. */
export function stateOf(batch: RolloutBatch, composed: ComposedMethod): MethodState {
  return batch.trainedWith?.method === composed.method.meta.id ? batch.trainedWith.state : null;
}

/**
 * What a method says about a whole batch: the credit −N·∂L/∂log π of every token at the update shown for it, over the
 * same minibatches as were trained. `update` 'last' shows each token's last update, k its latest update ≤ k, −1 none: all kept
 * groups as one minibatch at the policy that drew them.
 */
export function creditBatch(
  batch: RolloutBatch,
  composed: ComposedMethod,
  knobs: KnobValues,
  options: { update?: 'last' | number } = {},
): CreditResult {
  const state = stateOf(batch, composed);
  const prepared = prepareCredit({ batch, composed, knobs, state });
  const { rewards, advantages, targets } = prepared;
  const n = batch.tokens.length;
  const credit = new Float64Array(n).fill(NaN);
  const clipState = new Uint8Array(n);
  const tokenUpdate = new Int32Array(n).fill(-1);
  const trace: Record<string, TraceEntry> = { ...prepared.trace, ...onceTraces({ batch, composed, knobs, state }, prepared) };
  let loss = 0;
  const limit = options.update === undefined || options.update === 'last' ? batch.updates.length - 1 : options.update;
  for (const planned of planUpdates(batch, prepared.kept, limit)) {
    const { groups, update, record } = planned;
    const result = computeUpdate({
      batch,
      composed,
      knobs,
      state,
      groups,
      update: Math.max(update, 0),
      rewards,
      advantages,
      ...(targets ? { targets } : {}),
      models: recordedModels(batch, composed, knobs, planned),
      logprobs: record ? recorded(batch, record, record.logprobs, groups) : unrecorded(batch, 'logprobs', 'oldLogprobs', groups),
      entropies: record ? recorded(batch, record, record.entropies, groups) : unrecorded(batch, 'entropies', 'oldEntropies', groups),
      forcedLogprobs: record ? recordedForced(batch, record, groups) : undefined,
    });
    const { tokenIndex } = result.minibatch;
    const clip = result.trace.clipState?.values;
    for (let k = 0; k < tokenIndex.length; k++) {
      credit[tokenIndex[k]] = 0 - tokenIndex.length * result.gradLogprobs[k];
      if (clip) clipState[tokenIndex[k]] = clip[k];
      tokenUpdate[tokenIndex[k]] = update;
    }
    scatterTrace(trace, batch, result.minibatch, result.trace);
    loss = result.loss;
  }
  trace.credit = perToken(credit);
  Object.assign(trace, replaySampling(batch, composed, knobs));
  return {
    methodId: composed.method.meta.id,
    knobs,
    kept: prepared.kept,
    rewards,
    advantages,
    credit,
    clipState,
    tokenUpdate,
    loss,
    trace,
  };
}
