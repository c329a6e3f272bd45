/** Reference answers forced on the real model, and the copy that lags behind the policy. */
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../core/batch.ts';
import { nover } from '../core/methods/nover.ts';
import { verifree } from '../core/methods/verifree.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../core/pipeline.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { countdown } from '../core/tasks/countdown.ts';
import { tokenize } from '../core/tasks/index.ts';
import { recheck } from '../core/tasks/recheck.ts';
import { createModel } from './createModel.ts';
import { logSoftmaxInto } from './distribution.ts';
import { equip } from './equipment.ts';
import { answerSteps, answerTexts, corpusSteps } from './forced.ts';
import { initialParameters } from './layout.ts';
import { packResponses } from './pack.ts';
import { scoreSteps } from './scorer.ts';
import { finish } from './steps.ts';
import { taskModelConfig } from './taskModel.ts';
import { createTrainer, DEFAULT_SETTINGS, trainerMethod } from './trainer.ts';

const config = taskModelConfig(chainSum);
const model = await createModel(config, { backend: 'wasm' });
const parameters = initialParameters(config, 5).map((w) => (w === 1 ? 1 : 3 * w));
const tokens = (text: string) => tokenize(chainSum, text);
const prompt = tokens('7+5+9+4=');

function scored(...texts: string[]): RolloutBatch {
  model.setParameters(parameters);
  return finish(scoreSteps(model, chainSum, parameters, prompt, texts.map(tokens), 1));
}

/** log π of these tokens after a context, one after the other. */
function forced(context: readonly number[], answer: readonly number[]): number[] {
  const { logits } = model.forward(packResponses([{ prompt: context, response: answer }]));
  const logPi = new Float64Array(config.vocabulary);
  return answer.map((token, t) => {
    logSoftmaxInto(logPi, logits, t * config.vocabulary, 1);
    return logPi[token];
  });
}

describe('where the reasoning ends', () => {
  it.each([
    ['S2>1>5.', 5, true],
    ['D3.', 1, true],
    ['S2>1.', 3, true],
    ['S2>.', 3, false],
    ['S25.', 2, false],
    ['S2>1>5>0>', 9, false],
    ['.', 0, false],
  ])('of %s', (text, reasoning, isWellFormed) => {
    expect(chainSum.reference?.split(prompt, tokens(text))).toEqual({ reasoning, isWellFormed });
  });
  it('of recheck: with its thinking, end token included', () => {
    const split = (text: string) => recheck.reference?.split([], tokenize(recheck, text));
    expect(split('2>1?2>1|1.')).toEqual({ reasoning: 8, isWellFormed: true });
    expect(split('2>1.')).toEqual({ reasoning: 3, isWellFormed: false });
    expect(split('2|1|1.')).toEqual({ reasoning: 2, isWellFormed: false });
  });
});

describe('a forced answer', () => {
  it('is the true sum and the dot, after the reasoning, scored as a forward pass of its own would', () => {
    const batch = finish(answerSteps(model, chainSum, scored('S2>1>5.', 'D3.', 'S2>1>5>0>')));
    const answer = tokens('5.');
    expect(batch.forced?.texts.map(({ response, after }) => [response, after])).toEqual([
      [0, 5],
      [1, 1],
      // Of the nine tokens of one that goes on for ever, eight: the answer must fit in the length limit of ten.
      [2, 8],
    ]);
    expect([...(batch.forced?.tokens ?? [])]).toEqual([...answer, ...answer, ...answer]);
    const expected = ['S2>1>', 'D', 'S2>1>5>0'].flatMap((text) => forced([...prompt, ...tokens(text)], answer));
    expected.forEach((value, f) => expect(batch.forced?.fields.oldLogprobs?.[f]).toBeCloseTo(value, 5));
    const total = (text: string) => forced([...prompt, ...tokens(text)], answer).reduce((a, b) => a + b, 0);
    const outlook = batch.fields.answerOutlook ?? [];
    ['S', 'S2', 'S2>', 'S2>1', 'S2>1>'].forEach((text, t) => expect(outlook[t]).toBeCloseTo(total(text), 5));
    expect([outlook[5], outlook[6]]).toEqual([NaN, NaN]);
    expect(outlook[7]).toBeCloseTo(total('D'), 5);
    expect(batch.groups[0].answerOutlook).toBeCloseTo(total(''), 5);
    expect(model.getParameters()).toEqual(parameters);
  });
  it('needs a task that has one', () => {
    expect(() => answerTexts(countdown, scored('D3.'))).toThrow(
      'The task "Countdown" has no reference answer after a reasoning, which this method needs. Choose a task that has one, or another method.',
    );
  });
});

describe('training', () => {
  const settings = { ...DEFAULT_SETTINGS, prompts: 2, groupSize: 4 };
  it('records the forced tokens’ numbers of each update, and the page credits the batch again with the same', () => {
    model.setParameters(parameters);
    const result = createTrainer({
      model,
      task: chainSum,
      seed: 'x',
      settings,
      method: trainerMethod(verifree),
      base: parameters,
    }).advance();
    if (result.kind !== 'done') throw new Error(result.reason.kind);
    const { updates, forced: texts } = result.batch;
    expect(updates).toHaveLength(4);
    for (const { groups, forced: record } of updates) expect(record?.logprobs.length).toBe(groups.length * 4 * 2);
    // The second epoch is after a first update of the same weights.
    expect(updates[2].forced?.logprobs).not.toEqual(updates[0].forced?.logprobs);
    const credit = creditBatch(result.batch, composeMethod(verifree), { ...defaultKnobs(verifree), temperature: 1 }, { update: 0 });
    const shown = updates[0].groups.flatMap((group) => texts?.texts.filter((text) => text.group === group) ?? []);
    const again = shown.flatMap(({ start, end }) => [...credit.trace.answerGradWeights.values.subarray(start, end)]);
    expect(again).toEqual([...(updates[0].forced?.gradLogprobs ?? [])]);
  });
  it('moves the lagged copy only at its syncs, by its share', async () => {
    model.setParameters(parameters);
    const method = trainerMethod(nover, {}, { ...defaultKnobs(nover), proxyEvery: 2, proxyMix: 0.9 });
    const create = (size: typeof config) => createModel(size, { backend: 'wasm' });
    const { second } = await equip([], method, { own: model, config, base: parameters, seed: 'x', create });
    const copy = () => second[0].own?.getParameters() ?? new Float32Array(0);
    const trainer = createTrainer({ model, task: chainSum, seed: 'x', settings, method, base: parameters, second });
    const first = trainer.advance();
    if (first.kind !== 'done') throw new Error(first.reason.kind);
    // Before any sync it is what drew the first batch.
    expect(first.batch.forced?.fields['proxy.logprobs']).toEqual(first.batch.forced?.fields.oldLogprobs);
    expect(copy()).toEqual(parameters);
    trainer.advance();
    const policy = model.getParameters();
    copy().forEach((weight, i) => expect(weight).toBeCloseTo(0.1 * parameters[i] + 0.9 * policy[i], 5));
    expect(second[0].updates).toBe(1);
    second[0].own?.dispose();
  });
});

describe('a corpus text', () => {
  it('is the prompt and the plain answer, of which the rollouts write the marker and the sum', () => {
    const batch = finish(corpusSteps(model, chainSum, scored('D3.')));
    const text = batch.forced?.texts[0];
    expect(text).toMatchObject({ kind: 'corpus', group: 0, context: tokens('7'), chosen: [7, 8] });
    expect([...(batch.forced?.tokens ?? [])]).toEqual(tokens('+5+9+4=D5.'));
    const expected = forced(tokens('7'), tokens('+5+9+4=D5.'));
    expected.forEach((value, f) => expect(batch.forced?.fields.oldLogprobs?.[f]).toBeCloseTo(value, 5));
  });
  it('stands beside reference answers, where stages of two methods ask for both', () => {
    const both = finish(corpusSteps(model, chainSum, finish(answerSteps(model, chainSum, scored('D3.')))));
    expect(both.forced?.texts.map(({ kind, start, end }) => [kind, start, end])).toEqual([
      ['answer', 0, 2],
      ['corpus', 2, 12],
    ]);
    expect(finish(answerSteps(model, chainSum, both)).forced).toEqual(both.forced);
  });
});
