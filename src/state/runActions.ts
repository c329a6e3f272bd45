/** Actions that reach the worker: training, stepping, scoring. The worker is started by the first of them. */
import { decodeBatch } from '../core/batchCodec.ts';
import type { FromWorker, StepMetrics, TrainedMethod } from '../engine/protocol.ts';
import type { Engine, LabContext } from './context.ts';
import { deriveCredit } from './credit.ts';
import { trainingSettings } from './settings.ts';
import type { RunState } from './types.ts';

/** Longest history of the curves; older steps are thinned out to every second one. */
const MAX_METRICS = 4000;

function appended(old: readonly StepMetrics[], fresh: readonly StepMetrics[]): readonly StepMetrics[] {
  const first = fresh[0]?.step ?? Number.POSITIVE_INFINITY;
  // After a reset the run starts again: what lies after its first step belongs to the run before.
  const all = [...old.filter(({ step }) => step < first), ...fresh];
  return all.length > MAX_METRICS ? all.filter(({ step }, i) => step % 2 === 0 || i > all.length - 200) : all;
}

/** Play, pause, step, reset and what the worker answers. */
export function createRunActions(context: LabContext) {
  const { store, deps, notify, announce } = context;
  const get = store.getState;
  const setRun = (change: Partial<RunState>): void => store.setState({ run: { ...get().run, ...change } });
  let engine: Engine | null = null;
  let starting: Promise<Engine> | null = null;
  let isSettingsDue = false;
  let nextRequest = 1;
  const waiting = new Map<number, { resolve: (buffer: ArrayBuffer) => void; reject: (error: Error) => void }>();

  const trainedMethod = async (): Promise<TrainedMethod> => {
    const id = get().trainMethod;
    await context.needMethod(id);
    return { id, knobs: deriveCredit({ ...get(), batch: null }, id)!.knobs, mix: get().mix };
  };

  const onDeath = (reason: string): void => {
    engine = null;
    starting = null;
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
    setRun({ status: 'failed', stepsPerSecond: 0 });
    notify({
      id: 'run',
      level: 'error',
      text: `Training stopped: ${reason} The last step stays on screen, and every method can still be viewed.`,
      action: { label: 'Start training again', run: () => void actions.play() },
    });
  };

  const onBundle = (message: Extract<FromWorker, { kind: 'bundle' }>): void => {
    const batch = decodeBatch(message.batch);
    const { until } = get().run;
    context.showBatch(batch, {
      source: 'live',
      step: message.step,
      metrics: appended(get().metrics, message.metrics),
      run: { ...get().run, stepsPerSecond: message.stepsPerSecond },
    });
    if (until !== null && message.step >= until) {
      setRun({ until: null });
      actions.pause();
    }
    const reward = message.metrics[message.metrics.length - 1]?.reward;
    announce(`Step ${message.step}${reward === undefined ? '' : `, mean reward ${reward.toFixed(2)}`}.`);
    deps.frame(() => engine?.send({ kind: 'painted' }));
  };

  const onMessage = (message: FromWorker): void => {
    switch (message.kind) {
      case 'ready':
        setRun({ backend: message.backend, status: get().run.status === 'starting' ? 'paused' : get().run.status });
        if (message.message) notify({ id: 'backend', level: 'info', text: message.message });
        break;
      case 'bundle':
        onBundle(message);
        break;
      case 'stopped':
        setRun({ status: 'paused', stepsPerSecond: 0 });
        if (message.reason.kind === 'not-a-number') {
          notify({ id: 'run', level: 'error', text: message.reason.message, action: { label: 'Back to the checkpoint', run: () => void actions.reset() } });
        } else if (message.reason.kind === 'nothing-to-learn') notify({ id: 'run', level: 'info', text: message.reason.message });
        break;
      case 'scored':
        waiting.get(message.request)?.resolve(message.batch);
        waiting.delete(message.request);
        break;
      case 'saved':
        waiting.get(message.request)?.resolve(message.checkpoint);
        waiting.delete(message.request);
        break;
      case 'error':
        if (message.request !== undefined && waiting.has(message.request)) {
          waiting.get(message.request)!.reject(new Error(message.message));
          waiting.delete(message.request);
        } else {
          setRun({ status: get().run.status === 'starting' ? 'failed' : 'paused', stepsPerSecond: 0 });
          notify({ id: 'run', level: 'error', text: message.message, action: { label: 'Try again', run: () => void actions.play() } });
        }
        break;
    }
  };

  const start = async (): Promise<Engine> => {
    const { checkpoints, checkpointId, taskId, seed } = get();
    const entry = checkpoints.find(({ id }) => id === checkpointId);
    if (!entry) throw new Error('No checkpoint of this task is loaded yet. Wait a moment and try again, or choose another one.');
    setRun({ status: 'starting' });
    const [checkpoint, method] = await Promise.all([deps.fetchFile(entry.checkpoint), trainedMethod()]);
    const created = await deps.createEngine(onMessage, onDeath);
    engine = created;
    created.send({ kind: 'start', task: taskId, checkpoint, seed, settings: trainingSettings(get().overrides), method, wasmBase: deps.wasmBase }, [checkpoint]);
    context.dismiss('run');
    return created;
  };

  /** The engine, started if need be; null after a failure, which has then been told. */
  const needEngine = async (): Promise<Engine | null> => {
    if (engine) return engine;
    starting ??= start();
    try {
      return await starting;
    } catch (error) {
      setRun({ status: 'failed' });
      notify({
        id: 'run',
        level: 'error',
        text: `Training could not start: ${(error as Error).message}`,
        action: { label: 'Try again', run: () => void actions.play() },
      });
      return null;
    } finally {
      starting = null;
    }
  };

  const sendMethod = (): void => {
    if (!engine || isSettingsDue) return;
    isSettingsDue = true;
    deps.frame(async () => {
      isSettingsDue = false;
      engine?.send({ kind: 'settings', settings: trainingSettings(get().overrides) });
      const method = await trainedMethod();
      engine?.send({ kind: 'method', method });
    });
  };

  const actions = {
    async play() {
      store.setState({ invite: false });
      const ready = await needEngine();
      if (!ready) return;
      setRun({ status: 'running' });
      ready.send({ kind: 'play' });
    },
    pause() {
      engine?.send({ kind: 'pause' });
      if (get().run.status === 'running') setRun({ status: 'paused', stepsPerSecond: 0 });
    },
    togglePlay(): void {
      if (get().run.status === 'running') actions.pause();
      else if (get().run.status !== 'starting') void actions.play();
    },
    async step() {
      const ready = await needEngine();
      if (get().run.status === 'running') actions.pause();
      ready?.send({ kind: 'step' });
    },
    /** Back to the checkpoint; without a worker there is nothing to go back from. */
    reset() {
      setRun({ status: engine ? 'paused' : 'idle', stepsPerSecond: 0, until: null });
      engine?.send({ kind: 'reset' });
      store.setState({ metrics: [] });
      context.dismiss('run');
    },
    /** The worker goes on from another checkpoint. */
    async sendCheckpoint(path: string) {
      if (!engine) return;
      actions.pause();
      const checkpoint = await deps.fetchFile(path);
      engine.send({ kind: 'load', checkpoint }, [checkpoint]);
    },
    /** Ends the worker: another task needs another model. */
    stopEngine() {
      engine?.stop();
      engine = null;
      setRun({ status: 'idle', stepsPerSecond: 0, backend: null });
    },
    async setTrainMethod(id: string) {
      const before = get().trainMethod;
      store.setState({ trainMethod: id });
      try {
        await context.needMethod(id);
        sendMethod();
        announce(`Trains with ${get().methods[id].meta.title} from the next rollout.`);
      } catch (error) {
        store.setState({ trainMethod: before });
        notify({ id: 'method', level: 'error', text: (error as Error).message });
      }
    },
    /** Tells the worker the present knobs, settings and mix, once a frame at most. */
    sendMethod,
    /** Another seed is another run: it starts again from the checkpoint. */
    setSeed(seed: string) {
      const clean = seed.trim().slice(0, 60);
      if (clean === '' || clean === get().seed) return;
      store.setState({ seed: clean });
      engine?.send({ kind: 'seed', seed: clean });
      if (engine) actions.reset();
      announce(`Seed ${clean}.`);
    },
    async score(prompt: readonly number[], response: readonly number[], temperature: number): Promise<ArrayBuffer> {
      const ready = await needEngine();
      if (!ready) throw new Error('the model could not be started.');
      const request = nextRequest++;
      return new Promise((resolve, reject) => {
        waiting.set(request, { resolve, reject });
        ready.send({ kind: 'score', request, prompt, responses: [response], temperature });
      });
    },
  };
  return actions;
}
