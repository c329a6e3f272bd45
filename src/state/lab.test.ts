import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../core/batchEncoder.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { knobsOf } from '../core/pipeline.ts';
import { LINK_DEFAULTS, linkOf } from './lab.ts';
import { SHELF_ORDER } from './shelf.ts';
import { testBatch, testLab } from './testLab.ts';
import type { TestWorld } from './testLab.ts';

const [FLAT, TREE] = HEADLINE;
const state = (world: TestWorld) => world.lab.store.getState();
const notice = (world: TestWorld, id: string) => state(world).notices.find((entry) => entry.id === id);
const creditOf = (world: TestWorld): number[] =>
  Array.from(state(world).derived!.credit!.advantages.subarray(0, 7), (value) => Number(value.toFixed(3)));

async function opened(change: Partial<typeof LINK_DEFAULTS> = {}): Promise<TestWorld> {
  const world = testLab({ ...LINK_DEFAULTS, ...change });
  await world.lab.open();
  return world;
}

const clipLow = (world: TestWorld) => knobsOf(state(world).methods[FLAT]).find(({ id }) => id === 'clipLow')!;

describe('opening', () => {
  it('shows the recorded step, credited by the first method of the switch', async () => {
    const world = await opened();
    expect(state(world)).toMatchObject({ source: 'recorded', step: 20, checkpointId: 'step-20', viewMethod: FLAT });
    // Two of four right: (1 − 0.5) / 0.5774 = 0.866 on every token of S0>8>1.
    expect(creditOf(world)).toEqual([0.866, 0.866, 0.866, 0.866, 0.866, 0.866, 0.866]);
    expect(world.calls).toEqual([]);
  });

  it('tells when the recording does not arrive, and tries again', async () => {
    const world = testLab();
    world.broken.add('step-20.rec');
    await world.lab.open();
    expect(notice(world, 'load')!.text).toBe('The recording could not be loaded: step-20.rec is missing on this server (status 404).');
    world.broken.clear();
    notice(world, 'load')!.action!.run();
    await expect.poll(() => state(world).batch).not.toBeNull();
    expect(notice(world, 'load')).toBeUndefined();
  });

  it('opens the view of a link again', async () => {
    const link = {
      viewMethod: TREE,
      checkpointId: 'step-60',
      group: 1,
      overrides: { clipLow: 0.1 },
      pin: { group: 0, response: 1, position: 5 },
      layout: 'tree',
    } as const;
    const world = await opened(link);
    expect(linkOf(state(world))).toEqual({ ...LINK_DEFAULTS, ...link });
    expect(state(world).landedPin).toEqual(link.pin);
    expect(state(world).derived!.knobs.clipLow).toBe(0.1);
  });

  it('names what a link asks for in vain, and shows the rest', async () => {
    const world = await opened({ overrides: { clipLow: 9, zebra: 1 }, lanes: ['entropy', 'nothing'], group: 7, update: 5 });
    const { max } = clipLow(world);
    expect(notice(world, 'link values')!.text).toBe(
      `Part of the link could not be used as it is. Clip below goes from ${clipLow(world).min} to ${max}: 9 was set to ${max}. There is no knob "zebra". There is no lane "nothing". There is no prompt 8: prompt 2 is shown. There is no update 5: the last one is shown.`,
    );
    expect(state(world)).toMatchObject({ overrides: { clipLow: max }, lanes: ['entropy'], group: 1, update: 'last' });
  });

  it('names a checkpoint of the link that is not there', async () => {
    const world = await opened({ checkpointId: 'step-99' });
    expect(notice(world, 'link')!.text).toBe('There is no checkpoint "step-99": step 20 is shown.');
    expect(state(world).checkpointId).toBe('step-20');
  });
});

describe('viewing', () => {
  it('credits the same samples again under another method, without the worker', async () => {
    const world = await opened();
    await world.lab.setViewMethod(TREE);
    // S → 0.5, 0>8> → 0.5, 1 → 1: only the last digit moves the value, by 0.5 / 0.5774.
    expect(creditOf(world)).toEqual([0.866, 0.866, 0.866, 0.866, 0.866, 1.732, 0.866]);
    expect(state(world).trainMethod).toBe(FLAT);
    expect(world.calls).toEqual([]);
  });

  it('keeps a touched knob across methods and lets the others follow', async () => {
    const world = await opened();
    world.lab.setKnob(clipLow(world), 0.33);
    await world.lab.setViewMethod(TREE);
    expect(state(world).derived!.knobs.clipLow).toBe(0.33);
    const standard = knobsOf(state(world).methods[TREE]).find(({ id }) => id === 'clipHigh')!.default;
    expect(state(world).derived!.knobs.clipHigh).toBe(standard);
  });

  it('clamps a value out of range and says so', async () => {
    const world = await opened();
    world.lab.setKnob(clipLow(world), -3);
    expect(state(world).overrides.clipLow).toBe(clipLow(world).min);
    expect(notice(world, 'clamp clipLow')!.text).toMatch(/-3 was set to/);
  });

  it('credits once a frame however often a slider moves', async () => {
    const world = await opened();
    const before = state(world).derived;
    world.lab.setKnob(clipLow(world), 0.3);
    world.lab.setKnob(clipLow(world), 0.4);
    expect(state(world).derived).toBe(before);
    world.frame();
    expect(state(world).derived!.knobs.clipLow).toBe(0.4);
  });

  it('moves through the shelf and back', async () => {
    const world = await opened();
    await world.lab.cycleMethod(1);
    await world.lab.cycleMethod(-1);
    expect(state(world).viewMethod).toBe(FLAT);
    const place = SHELF_ORDER.indexOf(FLAT);
    await world.lab.cycleMethod(-1);
    expect(state(world).viewMethod).toBe(SHELF_ORDER[(place + SHELF_ORDER.length - 1) % SHELF_ORDER.length]);
  });

  it('takes one stage of another method, and gives it back on undo', async () => {
    const world = await opened();
    await world.lab.setMix('advantage', TREE);
    expect(state(world).derived!.composed.suppliers.advantage).toBe(TREE);
    expect(creditOf(world)[5]).toBe(1.732);
    world.lab.undo();
    expect(state(world).mix).toEqual({});
    expect(creditOf(world)[5]).toBe(0.866);
  });
});

describe('editing', () => {
  it('flips a reward, moves the credit, and takes it back', async () => {
    const world = await opened();
    world.lab.flipReward(1);
    // Three of four right: (1 − 0.75) / 0.5 = 0.5.
    expect(creditOf(world)[0]).toBe(0.5);
    expect(state(world).batch!.responses[1]).toMatchObject({ reward: 1, edited: true });
    expect(state(world).sampled!.responses[1].reward).toBe(0);
    world.lab.undo();
    expect(creditOf(world)[0]).toBe(0.866);
    world.lab.redo();
    expect(creditOf(world)[0]).toBe(0.5);
  });

  it('puts in a response that the worker has scored', async () => {
    const world = await opened();
    expect(await world.lab.editResponse(3, 'D1.')).toBeNull();
    expect(world.calls).toContain('score');
    expect(state(world).batch!.responses[3]).toMatchObject({ reward: 1, edited: true });
    expect(creditOf(world)[0]).toBe(0.5);
  });

  it.each([
    ['', 'Write a response, e.g. one that ends with .'],
    ['Sx.', '"x" is not in this task\'s vocabulary (0 1 2 3 4 5 6 7 8 9 + = S D > .).'],
    ['S1.2', '. ends a response: nothing can follow it.'],
    ['D1', 'A response shorter than 10 tokens ends with .'],
    ['S1>2>3>4>5>.', 'A response has at most 10 tokens; this one has 12.'],
  ])('refuses the response "%s" in one sentence', async (text, problem) => {
    const world = await opened();
    expect(await world.lab.editResponse(0, text)).toBe(problem);
    expect(world.calls).toEqual([]);
  });
});

describe('training', () => {
  const bundle = (step: number) => ({ step, batch: encodeBatch(testBatch()), metrics: [], stepsPerSecond: 3 });

  it('starts the worker once, shows its steps and answers each after it was painted', async () => {
    const world = await opened();
    await world.lab.play();
    expect(world.calls).toEqual(['start', 'play']);
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    world.handlers().onBundle(bundle(21));
    expect(state(world)).toMatchObject({ source: 'live', step: 21, run: { status: 'running', stepsPerSecond: 3 } });
    expect(world.calls).not.toContain('painted');
    world.frame();
    world.frame();
    expect(world.calls).toContain('painted');
  });

  it('keeps pin, view and edits of knobs when a step arrives, and drops edits of the old samples', async () => {
    const world = await opened();
    await world.lab.play();
    world.lab.setPin({ group: 0, response: 1, position: 5 });
    world.lab.flipReward(0);
    world.handlers().onBundle(bundle(21));
    expect(state(world).landedPin).toEqual({ group: 0, response: 1, position: 5 });
    expect(state(world).edits).toEqual([]);
    world.lab.undo();
    expect(state(world).batch!.responses[0].reward).toBe(1);
  });

  it('tells the worker a moved knob, and never starts it for that', async () => {
    const world = await opened();
    world.lab.setKnob(clipLow(world), 0.3);
    world.frame();
    expect(world.calls).toEqual([]);
    await world.lab.play();
    world.lab.setKnob(clipLow(world), 0.35);
    world.frame();
    await expect.poll(() => world.calls).toContain(`configure ${FLAT} 0.35`);
  });

  it('goes back and forth through the steps that were shown', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    world.handlers().onBundle(bundle(22));
    world.lab.stepBack();
    expect(state(world)).toMatchObject({ step: 21, run: { status: 'paused' } });
    world.lab.stepBack();
    expect(state(world)).toMatchObject({ step: 20, source: 'recorded', canStepBack: false });
    await world.lab.step();
    expect(state(world).step).toBe(21);
    expect(world.calls).not.toContain('step');
  });

  it('takes a step with the method that was chosen right before it', async () => {
    const world = await opened();
    await world.lab.step();
    await world.lab.setTrainMethod('rloo');
    await world.lab.step();
    expect(world.calls.slice(-2)).toEqual(['configure rloo 0.2', 'step']);
    world.frame();
    expect(world.calls.filter((call) => call.startsWith('configure'))).toHaveLength(1);
  });

  it('stops on not-a-number with the way back', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    world
      .handlers()
      .onStopped({ kind: 'not-a-number', message: 'Step 22 gave numbers that are none. Lower the learning rate.', step: 22 }, 22);
    expect(state(world)).toMatchObject({ step: 21, run: { status: 'paused' } });
    const { text, action } = notice(world, 'run')!;
    expect(text).toMatch(/Lower the learning rate/);
    action!.run();
    await expect.poll(() => state(world).source).toBe('recorded');
    await expect.poll(() => world.calls).toContain('load');
  });

  it('keeps the last step when the worker is lost, and starts another on demand', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    world.handlers().onLost('The training worker failed.');
    expect(state(world)).toMatchObject({ step: 21, run: { status: 'failed' } });
    expect(state(world).derived!.credit).not.toBeNull();
    notice(world, 'run')!.action!.run();
    await expect.poll(() => world.calls.filter((call) => call === 'start').length).toBe(2);
  });

  it('starts from the file again after a checkpoint that the worker refused', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onError('step-20.bin is damaged.');
    expect(notice(world, 'run')!.text).toBe('step-20.bin is damaged. What is on screen stays.');
    await world.lab.play();
    expect(world.calls.filter((call) => call === 'start').length).toBe(2);
  });

  it('shows nothing of the run before once it was reset', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    world.handlers().onBundle(bundle(21));
    world.lab.reset();
    await expect.poll(() => world.calls).toContain('load');
    world.handlers().onBundle(bundle(22));
    expect(state(world)).toMatchObject({ source: 'recorded', step: 20, run: { status: 'paused' } });
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    expect(state(world)).toMatchObject({ source: 'live', step: 21 });
  });

  it('stays where it is when the file to go back to does not come', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    world.broken.add('step-60.bin');
    await world.lab.selectCheckpoint('step-60');
    expect(state(world)).toMatchObject({ source: 'live', step: 21, checkpointId: 'step-20' });
    expect(notice(world, 'load')).toBeDefined();
  });

  it('says why it cannot start, and can be asked again', async () => {
    const world = await opened();
    world.broken.add('worker');
    await world.lab.play();
    expect(notice(world, 'run')!.text).toBe('Training could not start: This browser has no workers. What is on screen stays.');
    expect(state(world).run.status).toBe('failed');
    world.broken.clear();
    await world.lab.play();
    expect(world.calls).toEqual(['start', 'play']);
  });

  it('takes the run of a link again, out of sight, with the settings it was taken with, and stands at its step', async () => {
    const before = { until: 22, trainMethod: FLAT, overrides: { clipLow: 0.1 }, trainMix: {} };
    const world = await opened({ step: 24, schedule: [before], overrides: { clipLow: 0.3 } });
    await expect.poll(() => world.calls).toContain('play nothing to 22');
    expect(notice(world, 'replay')!.text).toMatch(/step 20 of 24/);
    world.workerStep = 22;
    world.handlers().onProgress(21);
    world.handlers().onStopped({ kind: 'user' }, 22);
    await expect.poll(() => world.calls).toContain('play last to 24');
    expect(state(world)).toMatchObject({ source: 'recorded', step: 20 });
    expect(world.calls.filter((call) => call.startsWith('configure'))).toEqual([`configure ${FLAT} 0.3`]);
    world.handlers().onBundle(bundle(24));
    world.handlers().onStopped({ kind: 'user' }, 24);
    await expect.poll(() => state(world).run).toMatchObject({ status: 'paused', until: null });
    expect(state(world)).toMatchObject({ source: 'live', step: 24 });
    expect(notice(world, 'replay')).toBeUndefined();
    // The link to what stands now is the link that was opened.
    expect(linkOf(state(world))).toMatchObject({ step: 24, schedule: [before], overrides: { clipLow: 0.3 } });
  });

  it('says that a link names a step before its run begins', async () => {
    const world = await opened({ step: 5 });
    await expect.poll(() => notice(world, 'until')?.text).toMatch(/names step 5, but its run starts at step 20/);
    expect(state(world).run.until).toBeNull();
  });

  it('rests while the page is hidden', async () => {
    const world = await opened();
    await world.lab.play();
    world.lab.setHidden(true);
    expect(state(world).run.status).toBe('paused');
    world.lab.setHidden(false);
    await expect.poll(() => state(world).run.status).toBe('running');
  });

  it('speaks at most once in two seconds, and then says the latest', async () => {
    const world = await opened();
    await world.lab.play();
    world.handlers().onBundle(bundle(21));
    world.handlers().onBundle(bundle(22));
    world.handlers().onBundle(bundle(23));
    expect(state(world).announcement).toBe('Step 21.');
    world.wait(2000);
    expect(state(world).announcement).toBe('Step 23.');
  });
});

describe('checkpoints', () => {
  it('change the recording; a broken one leaves the last good state and offers another try', async () => {
    const world = await opened();
    world.broken.add('step-60.rec');
    await world.lab.selectCheckpoint('step-60');
    expect(state(world)).toMatchObject({ step: 20, checkpointId: 'step-20' });
    expect(notice(world, 'load')!.text).toBe(
      'The checkpoint "step 60" could not be loaded: step-60.rec is missing on this server (status 404). What was on screen stays.',
    );
    world.broken.clear();
    await world.lab.selectCheckpoint('step-60');
    expect(state(world)).toMatchObject({ step: 60, checkpointId: 'step-60' });
  });
});
