/** A lab with a world made of memory, for tests: files, a clock that only moves when told, a worker that does nothing by itself. */
import { encodeBatch } from '../core/batchEncoder.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { tokenize } from '../core/tasks/index.ts';
import type { OracleProgress } from '../core/oracle/truth.ts';
import type { EngineClient, EngineHandlers, GroupAnswer, OracleJob } from '../engine/client.ts';
import { CATALOGUE_PATH } from './catalogue.ts';
import type { LabDeps } from './context.ts';
import { createLab } from './lab.ts';
import type { LinkState } from './url.ts';

/** Two prompts; `1+9+8+3=` has a shared prefix that goes right and wrong. */
export function testBatch(): RolloutBatch {
  const texts = [
    ['1+9+8+3=', ['S0>8>1.', 'S0>8>9.', 'D1.', 'D7.']],
    ['2+2+2+2=', ['D8.', 'D8.', 'D8.', 'D8.']],
  ] as const;
  const tokens: number[] = [];
  const responses: RolloutBatch['responses'][number][] = [];
  const groups: RolloutBatch['groups'][number][] = [];
  texts.forEach(([words, answers], group) => {
    const prompt = tokenize(chainSum, words);
    const start = responses.length;
    for (const answer of answers) {
      const ids = tokenize(chainSum, answer);
      responses.push({ group, start: tokens.length, end: tokens.length + ids.length, ...chainSum.verify(prompt, ids) });
      tokens.push(...ids);
    }
    groups.push({ prompt, start, end: responses.length });
  });
  const even = (value: number): Float64Array => new Float64Array(tokens.length).fill(value);
  return {
    groups,
    responses,
    tokens: Int32Array.from(tokens),
    fields: { oldLogprobs: even(-0.5), samplingLogprobs: even(-0.5), oldEntropies: even(0.5), temperature: even(1) },
    updates: [],
    baseTemperature: 1,
  };
}

const CATALOGUE = {
  tasks: [
    {
      id: 'chain-sum',
      base: 'base.bin',
      first: 'step-20',
      group: 0,
      metrics: [],
      checkpoints: [
        { id: 'step-20', label: 'step 20', step: 20, checkpoint: 'step-20.bin', recording: 'step-20.rec' },
        { id: 'step-60', label: 'step 60', step: 60, checkpoint: 'step-60.bin', recording: 'step-60.rec' },
      ],
    },
  ],
};

/** A question that reached the worker's oracle, to be answered by hand. */
export interface Question {
  asked: string;
  answer(value: unknown): void;
  fail(message: string): void;
  onGroup?: (found: GroupAnswer) => void;
  onProgress?: (progress: OracleProgress) => void;
  isCancelled: boolean;
}

function handOracle() {
  const questions: Question[] = [];
  return {
    questions,
    ask<T>(asked: string, hears: Pick<Question, 'onGroup' | 'onProgress'> = {}): OracleJob<T> {
      const question: Question = { asked, answer: () => undefined, fail: () => undefined, isCancelled: false, ...hears };
      const done = new Promise<T>((resolve, reject) => {
        question.answer = (value) => resolve(value as T);
        question.fail = (message) => reject(new Error(message));
      });
      questions.push(question);
      return {
        done,
        cancel() {
          question.isCancelled = true;
        },
      };
    },
  };
}

export interface TestWorld {
  /** Questions to the oracle, in order. */
  questions: Question[];
  lab: ReturnType<typeof createLab>;
  /** Paths whose next fetch fails. */
  broken: Set<string>;
  /** Calls that reached the worker, in order. */
  calls: string[];
  /** The last step that the worker has taken, as it will say. */
  workerStep: number;
  handlers: () => EngineHandlers;
  /** Runs what waits for the next frame. */
  frame(): void;
  /** Moves the clock. */
  wait(ms: number): void;
}

/** A lab that has not been opened yet. */
export function testLab(link?: LinkState): TestWorld {
  const broken = new Set<string>();
  const oracle = handOracle();
  const calls: string[] = [];
  let frames: (() => void)[] = [];
  let timers: { at: number; run: () => void }[] = [];
  let now = 0;
  let handlers: EngineHandlers | null = null;
  const note =
    (name: string) =>
    (...rest: unknown[]): void =>
      void calls.push(rest.length > 0 && typeof rest[0] === 'string' ? `${name} ${rest[0]}` : name);
  const client = (): EngineClient => ({
    start: note('start'),
    load: note('load'),
    play: (how) => void calls.push(how?.until === undefined ? 'play' : `play ${how.show ?? 'all'} to ${how.until}`),
    pause: note('pause'),
    step: note('step'),
    reset: note('reset'),
    configure: async (_, method) => {
      calls.push(`configure ${method.id} ${method.knobs.clipLow}`);
      return world.workerStep;
    },
    setSeed: note('seed'),
    setGpu: (isWanted) => void calls.push(`gpu ${isWanted}`),
    painted: note('painted'),
    keep: (id, _, weights) => void calls.push(`keep ${id}${typeof weights === 'string' ? ` of ${weights}` : ''}`),
    hold: note('hold'),
    truth: (batch, groups, { epsilon }, onGroup, onProgress) => oracle.ask(`truth ${batch} ${groups} ${epsilon}`, { onGroup, onProgress }),
    actions: ({ batch, group, prefix }) => oracle.ask(`actions ${batch} ${group} ${prefix}`),
    whatIf: ({ batch, group, prefix }, count) => oracle.ask(`whatIf ${batch} ${group} ${prefix} x ${count}`),
    spread: ({ batch, group }, { id }, redraws) => oracle.ask(`spread ${batch} ${group} ${id} x ${redraws}`),
    gradients: () => ({ done: Promise.reject(new Error('not in this test')), cancel: note('cancel') }),
    save: async () => {
      calls.push('save');
      return Uint8Array.of(1, 2, 3, 4).buffer;
    },
    weightsOf: async (batch) => {
      calls.push(`weightsOf ${batch}`);
      return Uint8Array.of(5, 6, 7, 8).buffer;
    },
    score: async (prompt, scored) => {
      calls.push('score');
      const full = testBatch();
      const tokens = Int32Array.from(scored.flat());
      const fill = (value: number): Float64Array => new Float64Array(tokens.length).fill(value);
      let at = 0;
      const responses = scored.map((response) => {
        const start = at;
        at += response.length;
        return { group: 0, start, end: at, ...chainSum.verify(prompt, [...response]) };
      });
      return encodeBatch({
        ...full,
        groups: [{ prompt, start: 0, end: responses.length }],
        responses,
        tokens,
        fields: { oldLogprobs: fill(-2), samplingLogprobs: fill(-2), oldEntropies: fill(1), temperature: fill(1) },
      });
    },
    complete: async (batch) => {
      calls.push('complete');
      return batch;
    },
    resetModel: note('resetModel'),
    dispose: note('dispose'),
  });
  const deps: LabDeps = {
    now: () => now,
    later: (ms, run) => void timers.push({ at: now + ms, run }),
    frame: (run) => void frames.push(run),
    async fetchFile(path) {
      if (broken.has(path)) throw new Error(`${path} is missing on this server (status 404).`);
      if (path === CATALOGUE_PATH) return new TextEncoder().encode(JSON.stringify(CATALOGUE)).buffer as ArrayBuffer;
      return path.endsWith('.rec') ? encodeBatch(testBatch()) : new ArrayBuffer(8);
    },
    async createEngine(given) {
      if (broken.has('worker')) throw new Error('This browser has no workers.');
      handlers = given;
      return client();
    },
    wasmBase: './',
  };
  const world: TestWorld = {
    workerStep: 0,
    lab: createLab(deps, link),
    questions: oracle.questions,
    broken,
    calls,
    handlers: () => handlers!,
    frame() {
      const due = frames;
      frames = [];
      for (const run of due) run();
    },
    wait(ms) {
      now += ms;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
    },
  };
  return world;
}
