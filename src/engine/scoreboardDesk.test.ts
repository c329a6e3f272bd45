import { describe, expect, it } from 'vitest';
import { EVEN_CONFIG, EVEN_PROMPT, evenTask } from '../../tests/support/evenTask.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { loadMethod } from '../core/methods/index.ts';
import { defaultKnobs } from '../core/pipeline.ts';
import { createModel } from './createModel.ts';
import type { FromWorker, GradientAnswer, GradientsRequest } from './protocol.ts';
import { prepareScoreboard, redrawBatch, scoreboardRow } from './scoreboard.ts';
import { createScoreboardDesk } from './scoreboardDesk.ts';
import { testParameters } from './testBatch.ts';

const model = await createModel(EVEN_CONFIG);
const weights = testParameters(EVEN_CONFIG, 5);
model.setParameters(weights);
const budget = { epsilon: 1e-9, maxNodes: 1000, continuations: 16 };
const shared = {
  task: evenTask,
  prompts: [EVEN_PROMPT, [3, 2]],
  groupSize: 6,
  baseTemperature: 1,
  base: weights,
  seed: 'desk',
  budget,
};
const source = { task: evenTask, weights, base: weights };
const [first, second] = await Promise.all(['grpo', 'true-advantage'].map(loadMethod));

const asking = (request: number, change: Partial<GradientsRequest> = {}): GradientsRequest => ({
  kind: 'gradients',
  request,
  batch: encodeBatch(redrawBatch({ ...shared, model }, 0)),
  weights: { kept: 'a' },
  isOwn: true,
  methods: [first, second].map((method) => ({ id: method.meta.id, knobs: defaultKnobs(method) })),
  resamples: 5,
  seed: shared.seed,
  budget,
  ...change,
});

/** A desk whose scheduled work is run by hand. */
function desk() {
  const posted: Extract<FromWorker, { kind: 'gradients' }>[] = [];
  const failures: [number, string][] = [];
  const tasks: (() => void)[] = [];
  let models = 0;
  let now = 0;
  const own = createScoreboardDesk({
    // Every piece of work takes 9 ms: two make a slice.
    now: () => {
      now += 9;
      return now;
    },
    post: (message) => message.kind === 'gradients' && posted.push(message),
    schedule: (task) => tasks.push(task),
    fail: (error, request) => failures.push([request, (error as Error).message]),
    createModel: () => {
      models++;
      return createModel(EVEN_CONFIG);
    },
  });
  const begun = async () => {
    for (let wait = 0; wait < 200 && tasks.length === 0; wait++) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const settle = async () => {
    await begun();
    for (let task = tasks.shift(); task; task = tasks.shift()) task();
  };
  return { own, posted, failures, tasks, begun, settle, models: () => models };
}

const answers = (posted: readonly Extract<FromWorker, { kind: 'gradients' }>[], request: number) =>
  posted.filter((message) => message.request === request).flatMap(({ answer }) => answer ?? []);
const ofKind = <K extends GradientAnswer['kind']>(list: readonly GradientAnswer[], kind: K) =>
  list.filter((answer): answer is Extract<GradientAnswer, { kind: K }> => answer.kind === kind);

describe('the desk for gradients', () => {
  it('answers with the figures of the headless scoreboard, whatever the other model holds by then', async () => {
    const { own, posted, settle } = desk();
    model.setParameters(weights);
    const ground = prepareScoreboard({ ...shared, model, resamples: 5 });
    const request = asking(1);
    model.setParameters(testParameters(EVEN_CONFIG, 6));
    own.ask(request, source);
    await settle();
    model.setParameters(weights);
    const list = answers(posted, 1);
    const found = ofKind(list, 'method');
    expect(found.map(({ method }) => method)).toEqual([first.meta.id, second.meta.id]);
    expect(found[0].quality).toEqual(scoreboardRow(first, ground).gradient);
    expect(found[1].quality).toEqual(scoreboardRow(second, ground).gradient);
    expect(found[0].own).toBeGreaterThan(0);
    // The frozen batch was sent without its truth.
    expect(found[1].own).toBeNull();
    expect(ofKind(list, 'ground')).toEqual([{ kind: 'ground', unopened: ground.unopened, residual: ground.residual }]);
    // All of this tree is opened at either ε: nothing is left out, and a method's row comes before that is known.
    const [{ certificate }] = ofKind(list, 'certificate');
    expect(certificate).toMatchObject({ epsilon: 1e-9, residual: 0, cutShort: 0 });
    expect(certificate.cosineToFiner).toBeCloseTo(1, 12);
    expect(list[list.length - 1].kind).toBe('certificate');
    const shares = ofKind(list, 'progress').map(({ share }) => share);
    expect(shares.length).toBeGreaterThan(10);
    expect(shares.every((share, i) => share <= 1 && share > (shares[i - 1] ?? 0))).toBe(true);
    expect(posted.filter(({ isLast }) => isLast)).toHaveLength(1);
    expect(posted[posted.length - 1].isLast).toBe(true);
  });

  it('compares no batch of its own where other weights drew it', async () => {
    const { own, posted, settle } = desk();
    own.ask(asking(1, { isOwn: false }), source);
    await settle();
    expect(ofKind(answers(posted, 1), 'method').map((answer) => answer.own)).toEqual([null, null]);
  });

  it('does one thing at a time; the newest request replaces the one before, and one that is given up is not heard of again', async () => {
    const { own, posted, tasks, begun, settle, models } = desk();
    own.ask(asking(1), source);
    await begun();
    expect(tasks).toHaveLength(1);
    tasks.shift()?.();
    expect(tasks).toHaveLength(1);
    const before = posted.length;
    own.ask(asking(2, { resamples: 2 }), source);
    await settle();
    await settle();
    expect(posted.slice(before).every(({ request }) => request === 2)).toBe(true);
    expect(ofKind(answers(posted, 2), 'method')).toHaveLength(2);
    own.ask(asking(3), source);
    await begun();
    own.cancel(3);
    await settle();
    expect(answers(posted, 3)).toEqual([]);
    expect(models()).toBe(1);
  });

  it('fails with a sentence, and goes on with the next request', async () => {
    const { own, posted, failures, settle } = desk();
    own.ask(asking(1, { budget: { ...budget, epsilon: 0 } }), source);
    await settle();
    expect(failures).toEqual([[1, 'ε is 0; a number above 0 is wanted.']]);
    own.ask(asking(2), source);
    await settle();
    expect(ofKind(answers(posted, 2), 'method')).toHaveLength(2);
  });
});
