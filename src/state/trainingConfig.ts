/** What the worker trains with: told when it changes, and kept for the link. */
import type { EngineClient } from '../engine/client.ts';
import type { TrainedMethod } from '../engine/protocol.ts';
import type { LabContext } from './context.ts';
import { deriveCredit } from './credit.ts';
import { changedAt, configOf, isSame } from './schedule.ts';
import type { RunConfig } from './schedule.ts';
import { trainingSettings } from './settings.ts';

/** One worker's configuration; `begin` when it is started, `configure` from the next step on. */
export function createTrainingConfig({ store, needMethod }: LabContext) {
  const get = store.getState;
  let inForce: RunConfig | null = null;

  const method = async (config: RunConfig): Promise<TrainedMethod> => {
    const { trainMethod, trainMix: mix } = config;
    await Promise.all([trainMethod, ...Object.values(mix)].map(needMethod));
    return { id: trainMethod, knobs: deriveCredit({ ...get(), ...configOf(config), mix, batch: null }, trainMethod)!.knobs, mix };
  };

  return {
    method,
    begin(config: RunConfig): void {
      inForce = configOf(config);
    },
    /** Nothing without a worker: it will be started with what is set then. */
    async configure(engine: EngineClient | null, config: RunConfig): Promise<void> {
      const trained = await method(config);
      if (!engine) return;
      const step = await engine.configure(trainingSettings(config.overrides), trained);
      const before = inForce;
      inForce = configOf(config);
      const { schedule, checkpoints, checkpointId } = get();
      const origin = checkpoints.find(({ id }) => id === checkpointId)?.step ?? 0;
      if (before && !isSame(before, config)) store.setState({ schedule: changedAt(schedule, before, step, origin) });
    },
  };
}
