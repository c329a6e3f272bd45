/** What a method needs beside the policy's own weights: a head on the policy, second networks, and how a shown batch is completed with them. */
import type { RolloutBatch } from '../core/batch.ts';
import { measuresFor, missingMeasured } from '../core/measures.ts';
import type { Task } from '../core/tasks/types.ts';
import type { SavedModel } from './checkpoint.ts';
import { fitVector } from './layout.ts';
import { measureSteps } from './measures/index.ts';
import type { ModelStatus } from './protocol.ts';
import { fitSecondModels, sharedOutputs, startSecondModel } from './secondModels.ts';
import type { SecondModel, SecondModelWorld } from './secondModels.ts';
import { finish } from './steps.ts';
import type { TrainerMethod } from './trainer.ts';
import type { LanguageModel, ModelConfig } from './types.ts';

/** What the second networks of a run are made from. */
export interface EquipmentWorld extends Omit<SecondModelWorld, 'policy'> {
  own: LanguageModel;
}

const worldOf = (world: EquipmentWorld, own = world.own): SecondModelWorld => ({ ...world, policy: () => own.getParameters() });

export interface Equipment {
  /** The policy that was given, or one with another head that goes on from its weights and moments. */
  own: LanguageModel;
  second: readonly SecondModel[];
}

/** Fits the policy's head and the second networks to a method. A policy that was replaced is given back. */
export async function equip(held: readonly SecondModel[], method: TrainerMethod, world: EquipmentWorld): Promise<Equipment> {
  const { composed, knobs } = method;
  const outputs = sharedOutputs(composed, knobs);
  let { own } = world;
  if (outputs !== (own.config.outputs ?? 0)) {
    const config: ModelConfig = { ...world.config, ...(outputs > 0 ? { outputs } : {}) };
    const next = await world.create(config);
    const { first, second, steps } = own.getOptimizer();
    next.setParameters(fitVector(own.getParameters(), next.layout));
    next.setOptimizer({ first: fitVector(first, next.layout), second: fitVector(second, next.layout), steps });
    own = next;
  }
  const second = await fitSecondModels(held, composed, knobs, worldOf(world, own));
  if (own !== world.own) world.own.dispose();
  return { own, second };
}

/** Puts the second networks where a checkpoint has them, or where they start. */
export function loadSecond(
  second: readonly SecondModel[],
  saved: readonly SavedModel[],
  method: TrainerMethod,
  world: EquipmentWorld,
): void {
  for (const each of second) {
    startSecondModel(each, method.knobs, worldOf(world));
    const found = saved.find(({ key }) => key === each.key);
    if (!found) continue;
    each.updates = found.updates;
    if (!each.own || !found.weights) continue;
    each.own.setParameters(found.weights.parameters);
    each.own.setOptimizer(found.weights.optimizer);
  }
}

/** One second network back to its start. A head on the policy becomes zero, its moments too; the trunk stays. */
export function resetSecond(each: SecondModel, method: TrainerMethod, world: EquipmentWorld): void {
  startSecondModel(each, method.knobs, worldOf(world));
  if (each.own) return;
  const { own } = world;
  const head = own.layout.entries.find(({ name }) => name === 'head');
  if (!head) return;
  const cleared = (values: Float32Array) => values.fill(0, head.offset, head.offset + head.size);
  const { first, second, steps } = own.getOptimizer();
  own.setParameters(cleared(own.getParameters()));
  own.setOptimizer({ first: cleared(first), second: cleared(second), steps });
}

export const statusOf = (second: readonly SecondModel[], { knobs }: TrainerMethod): ModelStatus[] =>
  second.map(({ spec, own, updates, loss }) => ({
    name: spec.name,
    title: spec.title,
    isOnline: spec.isOnline(knobs),
    isShared: own === null,
    parameters: own?.layout.total ?? 0,
    updates,
    loss,
  }));

export interface CompletionRequest {
  batch: RolloutBatch;
  method: TrainerMethod;
  task: Task;
  /** The weights that drew the batch, and the second networks as they are known for them. */
  weights: Float32Array;
  saved: readonly SavedModel[];
  /** The run's own second networks, where it trains with this method; else new ones are made and given back. */
  held: readonly SecondModel[];
}

/** The batch with what the method needs and it lacks, on a policy of its own, so that the run stays as it is. */
export async function completeBatch(
  { batch, method, task, weights, saved, held }: CompletionRequest,
  world: Omit<EquipmentWorld, 'own'>,
): Promise<RolloutBatch> {
  const { composed, knobs } = method;
  const { measures } = measuresFor(missingMeasured(batch, composed, knobs), composed.measures(knobs));
  const outputs = sharedOutputs(composed, knobs);
  const model = await world.create({ ...world.config, ...(outputs > 0 ? { outputs } : {}) });
  let made: readonly SecondModel[] = [];
  try {
    model.setParameters(fitVector(weights, model.layout));
    const own = { ...world, own: model };
    if (held.length === 0) {
      made = await fitSecondModels([], composed, knobs, worldOf(own));
      loadSecond(made, saved, method, own);
    }
    const second = held.length > 0 ? held : made;
    return finish(measureSteps(batch, measures, { model, base: fitVector(world.base, model.layout), task, second, knobs }));
  } finally {
    for (const { own } of made) own?.dispose();
    model.dispose();
  }
}
