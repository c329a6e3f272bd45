import { describe, expect, it } from 'vitest';
import { createBagModel } from '../../tests/support/bagModel.ts';
import { decodeBatch } from '../core/batchCodec.ts';
import { METHODS } from '../core/methods/index.ts';
import { defaultKnobs } from '../core/pipeline.ts';
import { uniformAt } from '../core/random.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { tokenize } from '../core/tasks/index.ts';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
import type { FromWorker, ToWorker, TrainedMethod } from './protocol.ts';
import { createSession } from './session.ts';
import { taskModelConfig } from './taskModel.ts';
import { DEFAULT_SETTINGS } from './trainer.ts';
import type { DeferredModel, ForwardResult, LanguageModel } from './types.ts';

const config = taskModelConfig(chainSum);
const settings = { ...DEFAULT_SETTINGS, prompts: 3, groupSize: 4, learningRate: 0.01 };
const entry = METHODS[1];
const trained: TrainedMethod = { id: entry.id, knobs: defaultKnobs(await entry.load()), mix: {} };
const prompt = tokenize(chainSum, '7+5+9+4=');

function checkpoint(task = 'chain-sum', spread = 1): ArrayBuffer {
  const total = createBagModel(config).layout.total;
  return encodeCheckpoint({
    meta: {
      format: 'creditscope-checkpoint',
      version: 1,
      task,
      label: 'base',
      step: 0,
      config,
      seed: 's',
      method: null,
      methodState: null,
      hasOptimizer: false,
      optimizerSteps: 0,
    },
    parameters: Float32Array.from({ length: total }, (_, i) => spread * (uniformAt(1, i) - 0.5)),
  });
}

/** A GPU for the tests: the same numbers, later. `spend` is called for every forward pass. */
function deferredModel(spend: () => void, error = 0): DeferredModel {
  const model = createBagModel(config);
  const later = async (result: ForwardResult): Promise<ForwardResult> => {
    spend();
    return { ...result, logits: result.logits.map((logit) => logit + error) };
  };
  return {
    ...model,
    backend: 'tfjs-webgpu',
    forward: (batch) => later(model.forward(batch)),
    backward: async (gradLogits) => model.backward(gradLogits),
    createDecoder: () => {
      const decoder = model.createDecoder();
      return {
        prefill: (prompts) => later(decoder.prefill(prompts)),
        step: (rows, tokens) => later(decoder.step(rows, tokens)),
        dispose: () => decoder.dispose(),
      };
    },
  };
}

/** A session with a hand-moved clock and hand-run tasks; a forward pass of the processor takes 5 ms, of the GPU `gpuMs`. */
function host(gpuMs: number | null = null, gpuError = 0) {
  const posted: FromWorker[] = [];
  let time = 0;
  let task: (() => void) | null = null;
  const session = createSession({
    post: (message) => posted.push(message),
    schedule: (next) => {
      task = next;
    },
    now: () => time,
    async createModel(size) {
      const model = createBagModel(size);
      const forward: LanguageModel['forward'] = (batch) => {
        time += gpuMs === null ? 0 : 5;
        return model.forward(batch);
      };
      return { ...model, forward };
    },
    async createGpuModel() {
      if (gpuMs === null) throw new Error('This browser has no WebGPU.');
      return deferredModel(() => {
        time += gpuMs;
      }, gpuError);
    },
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    posted,
    of: <K extends FromWorker['kind']>(kind: K) =>
      posted.filter((message): message is Extract<FromWorker, { kind: K }> => message.kind === kind),
    async send(message: ToWorker) {
      session.receive(message);
      await settle();
    },
    /** Runs `count` scheduled tasks, `ms` apart. */
    async run(count: number, ms: number) {
      for (let i = 0; i < count; i++) {
        time += ms;
        const next = task;
        task = null;
        next?.();
        await settle();
      }
    },
    isIdle: () => task === null,
  };
}

const start = (seed = 'lecture-1'): Extract<ToWorker, { kind: 'start' }> => ({
  kind: 'start',
  task: 'chain-sum',
  checkpoint: checkpoint(),
  seed,
  settings,
  method: trained,
  wasmBase: '',
});

async function started(gpuMs: number | null = null, gpuError = 0) {
  const bench = host(gpuMs, gpuError);
  await bench.send(start());
  return bench;
}

describe('session', () => {
  it('says when it is ready, and where it stands', async () => {
    expect((await started()).posted).toEqual([{ kind: 'ready', backend: 'wasm', step: 0 }]);
  });

  it('posts at most ten bundles a second, only after the last was painted, and loses no metrics', async () => {
    const bench = await started();
    await bench.send({ kind: 'play' });
    await bench.run(20, 10);
    expect(bench.of('bundle').map((bundle) => bundle.step)).toEqual([1]);
    await bench.send({ kind: 'painted' });
    await bench.run(1, 10);
    expect(bench.of('bundle').map((bundle) => bundle.step)).toEqual([1, 21]);
    expect(bench.of('bundle')[1].metrics.map((row) => row.step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
    await bench.send({ kind: 'painted' });
    await bench.run(9, 10);
    expect(bench.of('bundle')).toHaveLength(2);
    await bench.run(1, 10);
    expect(bench.of('bundle')).toHaveLength(3);
    expect(decodeBatch(bench.of('bundle')[2].batch).logitsAfter?.width).toBe(config.vocabulary);
  });

  it('shows the last step when paused, once the page has painted', async () => {
    const bench = await started();
    await bench.send({ kind: 'play' });
    await bench.run(5, 10);
    await bench.send({ kind: 'pause' });
    expect(bench.isIdle() || bench.of('stopped').length === 1).toBe(true);
    expect(bench.of('stopped')[0]).toEqual({ kind: 'stopped', reason: { kind: 'user' }, step: 5 });
    await bench.send({ kind: 'painted' });
    expect(bench.of('bundle').map((bundle) => bundle.step)).toEqual([1, 5]);
    await bench.run(3, 1000);
    expect(bench.of('bundle')).toHaveLength(2);
  });

  it('waits after ten steps in a row whose groups were all rejected, by hand and at play', async () => {
    const methods = await Promise.all(METHODS.map(({ load }) => load()));
    const filtering = methods.find(({ stages }) => stages.sampling?.keepGroups);
    if (!filtering) throw new Error('No method filters groups.');
    const method = { id: filtering.meta.id, knobs: defaultKnobs(filtering), mix: {} };
    for (const kind of ['step', 'play'] as const) {
      const bench = host();
      // So far apart that it gives one and the same answer to a prompt.
      await bench.send({ ...start(), checkpoint: checkpoint('chain-sum', 1000), method });
      await bench.send({ kind });
      await bench.run(12, 10);
      expect(bench.of('stopped')).toMatchObject([{ reason: { kind: 'nothing-to-learn' }, step: 10 }]);
      expect(bench.of('bundle')).toEqual([]);
    }
  });

  it('takes single steps, which equal those of a run', async () => {
    const single = await started();
    for (let i = 0; i < 3; i++) {
      await single.send({ kind: 'step' });
      await single.send({ kind: 'painted' });
    }
    const playing = await started();
    await playing.send({ kind: 'play' });
    for (let i = 0; i < 3; i++) {
      await playing.run(1, 200);
      await playing.send({ kind: 'painted' });
    }
    const hashes = (bench: typeof single) => bench.of('bundle').flatMap((bundle) => bundle.metrics.map((row) => row.rolloutHash));
    expect(hashes(single)).toHaveLength(3);
    expect(hashes(playing)).toEqual(hashes(single));
  });

  it('goes on from a saved state as if it had never stopped', async () => {
    const bench = await started();
    await bench.send({ kind: 'step' });
    await bench.send({ kind: 'painted' });
    await bench.send({ kind: 'save', request: 7 });
    const saved = bench.of('saved')[0];
    expect(saved.request).toBe(7);
    expect(decodeCheckpoint(saved.checkpoint).meta).toMatchObject({ step: 1, method: trained.id, optimizerSteps: 4 });
    await bench.send({ kind: 'step' });
    const other = host();
    await other.send({ ...start(), checkpoint: saved.checkpoint, base: checkpoint() } as ToWorker);
    expect(other.of('ready')[0].step).toBe(1);
    await other.send({ kind: 'step' });
    expect(other.of('bundle')[0].metrics[0]).toEqual(bench.of('bundle')[1].metrics[0]);
  });

  it('resets to where it started and repeats itself', async () => {
    const bench = await started();
    await bench.send({ kind: 'step' });
    await bench.send({ kind: 'reset' });
    expect(bench.of('ready').map((ready) => ready.step)).toEqual([0, 0]);
    await bench.send({ kind: 'painted' });
    await bench.send({ kind: 'step' });
    expect(bench.of('bundle')[1].metrics).toEqual(bench.of('bundle')[0].metrics);
  });

  it('scores hand-written responses: the verifier’s reward, the policy’s numbers, marked as edited', async () => {
    const bench = await started();
    const responses = ['S2>1>5.', 'D6.'].map((text) => tokenize(chainSum, text));
    await bench.send({ kind: 'score', request: 3, prompt, responses, temperature: 1 });
    const batch = decodeBatch(bench.of('scored')[0].batch);
    expect(batch.responses.map(({ reward, edited }) => [reward, edited])).toEqual([
      [1, true],
      [0, true],
    ]);
    expect([...(batch.source ?? [])]).toEqual(Array.from({ length: 10 }, () => 2));
    for (const field of ['oldLogprobs', 'samplingLogprobs', 'oldEntropies', 'refLogprobs', 'temperature'] as const)
      expect(batch.fields[field]?.every(Number.isFinite)).toBe(true);
    expect(batch.hidden?.data).toHaveLength(10 * config.width);
  });

  it('refuses what it cannot score, and says why', async () => {
    const bench = await started();
    const bad: [number[][], string][] = [
      [[[]], 'at least one token'],
      [[Array.from({ length: 11 }, () => 1)], 'at most 10 tokens'],
      [[[99]], 'not in this task’s vocabulary'.replace('’', "'")],
      [[tokenize(chainSum, 'D5.5')], 'nothing can follow it'],
    ];
    for (const [responses, why] of bad) {
      await bench.send({ kind: 'score', request: 1, prompt, responses, temperature: 1 });
      expect(bench.posted[bench.posted.length - 1]).toMatchObject({ kind: 'error', request: 1, message: expect.stringContaining(why) });
    }
  });

  it('keeps its state when a checkpoint or a method cannot be loaded', async () => {
    const bench = await started();
    await bench.send({ kind: 'step' });
    await bench.send({ kind: 'load', checkpoint: new ArrayBuffer(3) });
    await bench.send({ kind: 'load', checkpoint: checkpoint('countdown') });
    await bench.send({ kind: 'configure', request: 1, settings, method: { ...trained, id: 'none-such' } });
    expect(bench.of('error').map((error) => error.message)).toEqual([
      expect.stringContaining('not a Creditscope checkpoint'),
      expect.stringContaining('trained on "countdown"'),
      expect.stringContaining('no method "none-such"'),
    ]);
    await bench.send({ kind: 'painted' });
    await bench.send({ kind: 'step' });
    expect(bench.of('bundle').map((bundle) => bundle.step)).toEqual([1, 2]);
  });

  it('plays to a step and no further, in sight or out of it, and takes the same steps', async () => {
    const shown = await started();
    await shown.send({ kind: 'play', until: 3 });
    await shown.run(5, 200);
    const hidden = await started();
    await hidden.send({ kind: 'play', until: 2, show: 'nothing' });
    await hidden.run(5, 200);
    expect(hidden.of('bundle')).toEqual([]);
    await hidden.send({ kind: 'play', until: 3, show: 'last' });
    await hidden.run(5, 200);
    expect(hidden.of('stopped').map(({ step }) => step)).toEqual([2, 3]);
    expect(hidden.of('bundle').map(({ step }) => step)).toEqual([3]);
    const hashes = (bench: typeof shown) => bench.of('bundle').flatMap(({ metrics }) => metrics.map(({ rolloutHash }) => rolloutHash));
    await shown.send({ kind: 'painted' });
    expect(hashes(hidden)).toHaveLength(3);
    expect(hashes(shown)).toEqual(hashes(hidden));
  });

  it('answers anything before the start with what to do', async () => {
    const bench = host();
    await bench.send({ kind: 'play' });
    expect(bench.of('error')[0].message).toContain('has not started');
  });

  it('changes settings, method and seed from the next step on', async () => {
    const bench = await started();
    const method = { ...trained, id: METHODS[0].id, knobs: defaultKnobs(await METHODS[0].load()) };
    await bench.send({ kind: 'configure', request: 3, settings: { ...settings, prompts: 5, temperature: 1.3 }, method });
    expect(bench.of('configured')).toEqual([{ kind: 'configured', request: 3, step: 0 }]);
    await bench.send({ kind: 'step' });
    const batch = decodeBatch(bench.of('bundle')[0].batch);
    expect(batch.groups).toHaveLength(5);
    expect(batch.baseTemperature).toBe(1.3);
    expect(batch.fields.temperature?.[0]).toBe(1.3);
    expect(batch.trainedWith?.method).toBe(METHODS[0].id);
  });
});

describe('the GPU', () => {
  const metricsOf = (bench: Awaited<ReturnType<typeof started>>) => bench.of('bundle').flatMap((bundle) => bundle.metrics);
  const stepOnce = async (bench: Awaited<ReturnType<typeof started>>) => {
    await bench.send({ kind: 'step' });
    await bench.send({ kind: 'painted' });
  };
  const ask = (bench: Awaited<ReturnType<typeof started>>, isWanted: boolean) => bench.send({ kind: 'gpu', isWanted });

  it('is taken where it wins the trial, goes on from where the run stands, and is left again', async () => {
    const plain = await started();
    const bench = await started(0.1);
    for (const each of [plain, bench]) await stepOnce(each);
    await ask(bench, true);
    expect(bench.of('ready')[1]).toMatchObject({ backend: 'tfjs-webgpu', step: 1 });
    expect(bench.of('ready')[1].message).toMatch(/^Training runs on the GPU: \d+ ms a step against \d+ ms\. It is fast, but/);
    for (const each of [plain, bench]) await stepOnce(each);
    await ask(bench, false);
    expect(bench.of('ready')[2]).toMatchObject({ backend: 'wasm', step: 2 });
    for (const each of [plain, bench]) await stepOnce(each);
    expect(metricsOf(bench)).toHaveLength(3);
    expect(metricsOf(bench)).toEqual(metricsOf(plain));
    await bench.send({ kind: 'save', request: 1 });
    await plain.send({ kind: 'save', request: 1 });
    expect(bench.of('saved')[0].checkpoint).toEqual(plain.of('saved')[0].checkpoint);
  });

  it.each([
    [50, 0, /^Training stays off the GPU, which is slower here: \d+ ms a step against \d+ ms\.$/],
    [5000, 0, /^Training stays off the GPU\. The GPU takes too long for one step\.$/],
    [0.1, 0.1, /^Training stays off the GPU\. The GPU computes other numbers here\.$/],
    [0.1, Number.NaN, /^Training stays off the GPU\. The GPU computes other numbers here\.$/],
    [null, 0, /^Training stays off the GPU\. This browser has no WebGPU\.$/],
  ])('is refused at %s ms a pass with an error of %s, and the run does not notice', async (gpuMs, error, message) => {
    const plain = await started();
    const bench = await started(gpuMs, error);
    for (const each of [plain, bench]) await stepOnce(each);
    await ask(bench, true);
    expect(bench.of('ready')[1]).toMatchObject({ backend: 'wasm', step: 1, message: expect.stringMatching(message) });
    for (const each of [plain, bench]) await stepOnce(each);
    expect(metricsOf(bench)).toHaveLength(2);
    expect(metricsOf(bench)).toEqual(metricsOf(plain));
  });

  it('pauses a running lab, so that its answer is never taken for a step', async () => {
    const bench = await started(50);
    await bench.send({ kind: 'play' });
    await bench.run(1, 200);
    await ask(bench, true);
    const before = bench.posted.length;
    await bench.run(3, 200);
    expect(bench.posted.slice(before)).toEqual([]);
  });

  it('trains and scores on a model that answers later', async () => {
    const bench = await started(0.1);
    await ask(bench, true);
    await bench.send({ kind: 'play' });
    for (let i = 0; i < 3; i++) {
      await bench.run(1, 200);
      await bench.send({ kind: 'painted' });
    }
    expect(bench.of('bundle')).toHaveLength(3);
    await bench.send({ kind: 'score', request: 3, prompt, responses: [tokenize(chainSum, 'D6.')], temperature: 1 });
    expect(decodeBatch(bench.of('scored')[0].batch).responses).toHaveLength(1);
  });
});
