/** Takes the steps of a link's run again, out of sight, with progress and a way out; then the view of the link stands. */
import type { EngineClient } from '../engine/client.ts';
import type { LabContext } from './context.ts';
import type { RunConfig, RunSegment } from './schedule.ts';

export interface ReplayEngine {
  /** Starts the worker with this configuration; null after a failure, which has then been told. */
  begin(config: RunConfig): Promise<EngineClient | null>;
  configure(config: RunConfig): Promise<void>;
}

export type Replay = ReturnType<typeof createReplay>;

/** One replay at a time; `reached` and `halted` are what the worker says of it. */
export function createReplay({ store, notify, dismiss, announce }: LabContext, engine: ReplayEngine) {
  let target = 0;
  let from = 0;
  /** Called when the worker has come to the end of a segment, or will not. */
  let arrive: ((step: number) => void) | null = null;
  let lastTenth = -1;
  let client: EngineClient | null = null;

  const tell = (step: number): void => {
    const tenth = Math.floor((10 * (step - from)) / (target - from));
    if (tenth === lastTenth) return;
    lastTenth = tenth;
    notify({
      id: 'replay',
      level: 'info',
      text: `Replaying the run of this link: step ${step} of ${target}. The same seed gives the same samples.`,
      action: { label: 'Stop here', run: () => client?.pause() },
    });
  };

  return {
    /** The worker stands at `step`; `isEnd` when it has stopped there. */
    reached(step: number, isEnd: boolean): void {
      if (!arrive) return;
      if (!isEnd) tell(step);
      if (isEnd) arrive(step);
    },
    /** From the checkpoint on screen through the segments to `step`, then with the present configuration. */
    async run(segments: readonly RunSegment[], step: number): Promise<boolean> {
      const state = store.getState();
      from = state.step;
      target = step;
      lastTenth = -1;
      const last: RunSegment = { trainMethod: state.trainMethod, overrides: state.overrides, trainMix: state.trainMix, until: step };
      const all = segments.length > 0 && segments[segments.length - 1].until >= step ? segments : [...segments, last];
      tell(from);
      client = await engine.begin(all[0]);
      if (!client) {
        dismiss('replay');
        return false;
      }
      store.setState({ run: { ...store.getState().run, status: 'running' } });
      for (const [i, segment] of all.entries()) {
        if (i > 0) await engine.configure(segment);
        const until = Math.min(segment.until, step);
        const { play } = client;
        const at = await new Promise<number>((done) => {
          arrive = done;
          play({ until, show: i === all.length - 1 ? 'last' : 'nothing' });
        });
        arrive = null;
        if (at < until) break;
      }
      dismiss('replay');
      await engine.configure(last);
      announce(`The run of the link stands at step ${store.getState().step}.`);
      return true;
    },
  };
}
