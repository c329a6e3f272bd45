import { describe, expect, it } from 'vitest';
import { encodeBatch } from '../core/batchEncoder.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { linkOf } from './lab.ts';
import { testBatch, testLab } from './testLab.ts';
import type { TestWorld } from './testLab.ts';
import { truthOf } from './truthOf.ts';

const state = (world: TestWorld) => world.lab.store.getState();
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const metricsAt = (step: number) =>
  [{ step, reward: 0.5, passAtK: [], entropy: 1, length: 5, clipFraction: 0, kl: 0, accuracy: null }] as never;

function arrives(world: TestWorld, step: number): void {
  const batch = { ...testBatch(), snapshots: { before: `${step} abc` } };
  world.handlers().onBundle({ step, batch: encodeBatch(batch), metrics: metricsAt(step), stepsPerSecond: 10 });
}

/** A lab that plays and shows step 21. */
async function playing(): Promise<TestWorld> {
  const world = testLab();
  await world.lab.open();
  await world.lab.play();
  world.handlers().onReady({ backend: 'wasm', step: 20 });
  arrives(world, 21);
  return world;
}

describe('a frozen picture', () => {
  it('stays with its samples, its pin and its edits while the run goes on, and then the newest step comes', async () => {
    const world = await playing();
    world.lab.toggleFreeze();
    world.lab.flipReward(0);
    const { batch } = state(world);
    arrives(world, 22);
    arrives(world, 23);
    expect(state(world)).toMatchObject({ frozen: true, step: 21, run: { status: 'running', stepsPerSecond: 10 } });
    expect(state(world).batch).toBe(batch);
    expect(state(world).edits).toHaveLength(1);
    expect(state(world).metrics.at(-1)?.step).toBe(23);
    // The worker goes on, and keeps the weights that drew the picture.
    world.frame();
    world.frame();
    expect(world.calls.filter((call) => call === 'painted')).toHaveLength(3);
    expect(world.calls).toContain('hold 21 abc');
    // A link is to what is on screen.
    expect(linkOf(state(world)).step).toBe(21);
    world.lab.toggleFreeze();
    expect(state(world)).toMatchObject({ frozen: false, step: 23, edits: [], run: { status: 'running' } });
    arrives(world, 24);
    expect(state(world).step).toBe(24);
  });

  it('may be a recording, which the reset goes back to', async () => {
    const world = testLab();
    await world.lab.open();
    world.lab.toggleFreeze();
    await world.lab.play();
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    arrives(world, 21);
    expect(state(world)).toMatchObject({ source: 'recorded', step: 20, frozen: true });
    expect(world.calls).toContain('hold chain-sum/step-20');
    world.lab.reset();
    await settle();
    expect(state(world)).toMatchObject({ source: 'recorded', step: 20, frozen: false, run: { status: 'paused' } });
    expect(world.calls).toContain('load');
    world.lab.toggleFreeze();
    world.lab.toggleFreeze();
    expect(state(world).step).toBe(20);
  });

  it('trains on by single steps; back and forth start from the picture and let it go', async () => {
    const world = await playing();
    arrives(world, 22);
    world.lab.toggleFreeze();
    arrives(world, 23);
    world.lab.pause();
    await world.lab.step();
    expect(world.calls.at(-1)).toBe('step');
    expect(state(world).step).toBe(22);
    world.lab.stepBack();
    expect(state(world)).toMatchObject({ step: 21, frozen: false });
    world.lab.stepForward();
    world.lab.stepForward();
    expect(state(world).step).toBe(23);
  });

  it('gets its own truth; a newer step that waited for its truth comes when the picture is let go', async () => {
    const world = await playing();
    await world.lab.setViewMethod(HEADLINE[HEADLINE.length - 1]);
    truthOf(world.lab);
    await settle();
    // Step 22 is held back until its truth is there; frozen meanwhile.
    const all = (value: number) => new Float64Array(20).fill(value);
    const found = (advantage: number) => ({
      group: 0,
      truth: { kind: 'exact' as const, value: 0.5, trueValues: all(0.5), trueAdvantages: all(advantage), trueErrors: all(0) },
      nodes: 9,
    });
    const answer = async (at: number, advantage: number) => {
      world.questions[at].onGroup?.(found(advantage));
      world.questions[at].answer(undefined);
      await settle();
    };
    await answer(0, 0.25);
    arrives(world, 22);
    await settle();
    world.lab.toggleFreeze();
    await answer(1, 0.5);
    expect(world.questions.map(({ asked }) => asked)).toEqual(['truth 21 abc 0 0.001', 'truth 22 abc 0 0.001']);
    expect(state(world).step).toBe(21);
    expect(state(world).derived?.credit?.advantages[0]).toBe(0.25);
    arrives(world, 23);
    await settle();
    expect(world.questions).toHaveLength(2);
    world.lab.toggleFreeze();
    await settle();
    // The truth gate has step 23 now.
    expect(state(world).step).toBe(21);
    await answer(2, 0.75);
    expect(state(world)).toMatchObject({ step: 23, frozen: false });
    expect(state(world).derived?.credit?.advantages[0]).toBe(0.75);
  });
});
