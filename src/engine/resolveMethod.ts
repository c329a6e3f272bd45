import { loadMethod } from '../core/methods/index.ts';
import type { Method, StageName } from '../core/stages/types.ts';
import type { TrainedMethod } from './protocol.ts';
import { trainerMethod } from './trainer.ts';
import type { TrainerMethod } from './trainer.ts';

/** The method that a message names, with the stages that it takes from others. */
export async function resolveMethod(trained: TrainedMethod): Promise<TrainerMethod> {
  const mix: Partial<Record<StageName, Method>> = {};
  for (const [stage, id] of Object.entries(trained.mix) as [StageName, string][]) mix[stage] = await loadMethod(id);
  return trainerMethod(await loadMethod(trained.id), mix, trained.knobs);
}
