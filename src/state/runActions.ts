/** Actions that reach the worker: training, stepping, scoring. The worker is started by the first of them. */
import { decodeBatch } from '../core/batchCodec.ts';
import type { Bundle, EngineClient } from '../engine/client.ts';
import type { StopReason } from '../engine/protocol.ts';
import type { LabContext } from './context.ts';
import { createFreeze } from './freeze.ts';
import { appended } from './metrics.ts';
import type { Replay } from './replay.ts';
import type { RunConfig, RunSegment } from './schedule.ts';
import { trainingSettings } from './settings.ts';
import { startFiles } from './startFiles.ts';
import type { Resume } from './startFiles.ts';
import { createTrainingConfig } from './trainingConfig.ts';
import type { Mix, RunState } from './types.ts';

/** Play, pause, step, reset, and what the worker answers. */
export function createRunActions(context: LabContext) {
  const { store, deps, notify, announce } = context;
  const get = store.getState;
  const setRun = (change: Partial<RunState>): void => store.setState({ run: { ...get().run, ...change } });
  let engine: EngineClient | null = null;
  let starting: Promise<EngineClient> | null = null;
  let isSendDue = false;
  let isPausedByHiding = false;
  /** The worker has loaded a checkpoint and answers. */
  let isReady = false;
  /** The user's choice, until the worker is there to be told. */
  let gpuChoice: boolean | null = null;
  /** A recording is on screen and the worker has not gone to its checkpoint yet: bundles still on their way are of the run before. */
  let isStale = false;
  const training = createTrainingConfig(context);
  const configure = (config: RunConfig): Promise<void> => training.configure(engine, config);
  /** Where the next worker goes on from, when that is a saved run and not the checkpoint's file. */
  let resume: Resume | null = null;

  /** Fetched with the first link that asks for one. */
  let replay: Replay | null = null;
  const picture = createFreeze(context, { hold: (weights) => engine?.hold(weights), pause: () => actions.pause() });

  const onBundle = (bundle: Bundle): void => {
    if (isStale) {
      engine?.painted();
      return;
    }
    const batch = decodeBatch(bundle.batch);
    const shown = { source: 'live', step: bundle.step } as const;
    const told = {
      metrics: appended(get().metrics, bundle.metrics),
      run: { ...get().run, stepsPerSecond: get().run.status === 'running' ? bundle.stepsPerSecond : 0 },
    };
    picture.comes(batch, shown, told);
    const { until } = get().run;
    if (until !== null && bundle.step >= until) setRun({ until: null });
    const reward = bundle.metrics[bundle.metrics.length - 1]?.reward;
    announce(`Step ${bundle.step}${reward === undefined ? '' : `, mean reward ${reward.toFixed(2)}`}.`);
    // After the frame that shows it: the worker may then post the next one.
    deps.frame(() => deps.frame(() => engine?.painted()));
  };

  const onStopped = (reason: StopReason, step: number): void => {
    replay?.reached(step, true);
    setRun({ status: 'paused', stepsPerSecond: 0 });
    if (reason.kind === 'not-a-number') {
      notify({ id: 'run', level: 'error', text: reason.message, action: { label: 'Back to the checkpoint', run: () => actions.reset() } });
    } else if (reason.kind === 'nothing-to-learn') notify({ id: 'run', level: 'info', text: reason.message });
  };

  const failed = (message: string): void => {
    setRun({ status: 'failed', stepsPerSecond: 0 });
    notify({
      id: 'run',
      level: 'error',
      text: `${message} What is on screen stays.`,
      action: { label: 'Try again', run: () => void actions.play() },
    });
  };

  const dropEngine = (): void => {
    engine?.dispose();
    engine = null;
    isReady = false;
    isStale = false;
    setRun({ models: [] });
  };

  const start = async (config: RunConfig): Promise<EngineClient> => {
    const { taskId, seed } = get();
    const from = resume;
    const [files, method] = await Promise.all([startFiles(context, from), training.method(config)]);
    const created = await deps.createEngine({
      onReady({ backend, message }) {
        isReady = true;
        isStale = false;
        if (get().run.status !== 'running') setRun({ status: 'paused' });
        setRun({ backend, stepsPerSecond: 0 });
        if (message) {
          // A restarted worker waits for play.
          setRun({ status: 'paused' });
          notify({ id: 'backend', level: 'info', text: message });
        }
        if (gpuChoice !== null) sendGpu(gpuChoice);
      },
      onBundle,
      onStopped,
      onModels: (models) => setRun({ models }),
      onProgress: (step) => replay?.reached(step, false),
      onError(message) {
        isStale = false;
        // Without a model there is nothing to go on with: the next try starts from the file again.
        if (!isReady) dropEngine();
        failed(message);
      },
      onLost(message) {
        dropEngine();
        failed(message);
      },
    });
    created.start({ task: taskId, ...files, seed, settings: trainingSettings(config.overrides), method, wasmBase: deps.wasmBase });
    if (from?.kept) created.keep(from.kept.id, from.kept.batch, from.kept.weights);
    engine = created;
    training.begin(config);
    return created;
  };

  /** The engine, started if need be; null after a failure, which has then been told. */
  const needEngine = async (config: RunConfig = get()): Promise<EngineClient | null> => {
    if (engine) return engine;
    if (!starting) setRun({ status: 'starting' });
    starting ??= start(config);
    try {
      return await starting;
    } catch (error) {
      failed(`Training could not start: ${(error as Error).message}`);
      return null;
    } finally {
      starting = null;
    }
  };

  /** Changes that wait for the next frame go first: the step that is asked for is taken with them. */
  const flush = async (): Promise<void> => {
    if (!isSendDue) return;
    isSendDue = false;
    await configure(get()).catch((error: Error) => notify({ id: 'method', level: 'error', text: error.message }));
  };

  /** The worker pauses for it; play waits until its answer is there. */
  const sendGpu = (isWanted: boolean): void => {
    gpuChoice = null;
    setRun({ status: 'starting' });
    engine?.setGpu(isWanted);
  };

  const actions = {
    async play() {
      store.setState({ invite: false });
      context.dismiss('run');
      context.dismiss('until');
      const ready = await needEngine();
      if (!ready) return;
      await flush();
      setRun({ status: 'running' });
      const { until } = get().run;
      ready.play(until === null ? {} : { until });
    },
    pause() {
      if (get().run.status !== 'running') return;
      engine?.pause();
      setRun({ status: 'paused', stepsPerSecond: 0 });
    },
    /** Takes the run of a link again up to its step, out of sight; then its view stands. */
    async replay(schedule: readonly RunSegment[], step: number) {
      const fetched = await import('./replay.ts').catch(() => null);
      if (!fetched)
        return failed('The run of this link could not be taken again: a file did not arrive. Check the connection and reload the page.');
      replay ??= fetched.createReplay(context, { begin: needEngine, configure });
      if (await replay.run(schedule, step)) setRun({ until: null });
    },
    togglePlay() {
      const { status } = get().run;
      if (status === 'running') actions.pause();
      else if (status !== 'starting') void actions.play();
    },
    /** Forth through the steps that were shown; at the last one, one new step. */
    async step() {
      if (!get().frozen && actions.stepForward()) return;
      actions.pause();
      const ready = await needEngine();
      await flush();
      ready?.step();
    },
    takes: picture.takes,
    toggleFreeze: picture.toggle,
    stepBack: () => picture.move(-1),
    stepForward: () => picture.move(1),
    /** A recording comes on the screen: earlier frames, and bundles on their way, belong to another run. */
    clearFrames() {
      store.setState({ schedule: [] });
      picture.clear();
      isStale = engine !== null;
      resume = null;
    },
    /** The next worker starts where a saved run stood; until a recording comes on the screen. */
    resumeFrom(saved: Resume | null) {
      resume = saved;
    },
    /** The worker, where there is one; where none was asked for yet, none is started. */
    runningEngine: (): EngineClient | null => engine,
    /** Back to the checkpoint, and its recording on the screen. */
    reset() {
      actions.pause();
      setRun({ until: null });
      context.dismiss('run');
      void context.showRecording();
    },
    /** The file that the worker would need to follow; null while there is no worker. */
    readCheckpoint: async (path: string): Promise<ArrayBuffer | null> => (engine ? deps.fetchFile(path) : null),
    /** The worker goes on from this checkpoint. */
    loadCheckpoint(checkpoint: ArrayBuffer | null) {
      if (engine && checkpoint) engine.load(checkpoint);
      else setRun({ status: 'idle', stepsPerSecond: 0 });
    },
    /** Ends the worker: another task needs another model. */
    stopEngine() {
      dropEngine();
      setRun({ status: 'idle', stepsPerSecond: 0, backend: null, until: null });
    },
    /** A hidden page trains nothing. */
    setHidden(isHidden: boolean) {
      if (isHidden && get().run.status === 'running') {
        actions.pause();
        isPausedByHiding = true;
      } else if (!isHidden && isPausedByHiding) {
        isPausedByHiding = false;
        void actions.play();
      }
    },
    /** `trainMix`: stages taken from other methods. */
    async setTrainMethod(id: string, trainMix: Mix = {}) {
      const before = { trainMethod: get().trainMethod, trainMix: get().trainMix };
      store.setState({ trainMethod: id, trainMix });
      try {
        await context.needMethod(id);
        actions.sendMethod();
        announce(`Trains with ${get().methods[id].meta.title} from the next rollout.`);
      } catch (error) {
        store.setState(before);
        notify({ id: 'method', level: 'error', text: (error as Error).message });
      }
    },
    /** Tells the worker the present knobs, settings and mix, once a frame at most. */
    sendMethod() {
      if (!engine || isSendDue) return;
      isSendDue = true;
      deps.frame(() => void flush());
    },
    /** Trains on the graphics processor if a trial shows that it is faster, or without it again. */
    async setGpu(isWanted: boolean) {
      actions.pause();
      if (isReady) return sendGpu(isWanted);
      gpuChoice = isWanted;
      await needEngine();
    },
    /** Another seed is another run: it starts again from the checkpoint. */
    setSeed(seed: string) {
      const clean = seed.trim().slice(0, 60);
      if (clean === '' || clean === get().seed) return;
      store.setState({ seed: clean });
      engine?.setSeed(clean);
      if (engine) actions.reset();
      announce(`Seed ${clean}.`);
    },
    /** The engine, for what has a store of its own; null after a failure, which has then been told. */
    async openEngine() {
      // Starting takes a core for a while: what was clicked is drawn first.
      if (!engine) await new Promise<void>((done) => deps.frame(() => deps.frame(done)));
      return needEngine();
    },
    async score(prompt: readonly number[], response: readonly number[], temperature: number): Promise<ArrayBuffer> {
      const ready = await needEngine();
      if (!ready) throw new Error('the model could not be started.');
      return ready.score(prompt, [response], temperature);
    },
  };
  return actions;
}
