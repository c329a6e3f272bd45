import { describe, expect, it } from 'vitest';
import { differenceOf } from '../core/compare.ts';
import { HEADLINE } from '../core/methods/index.ts';
import { comparisonOf, holdAsB, swapSides } from './compare.ts';
import type { Comparison } from './compare.ts';
import { LINK_DEFAULTS } from './lab.ts';
import { testLab } from './testLab.ts';
import type { Compare } from './types.ts';

const [FLAT, TREE] = HEADLINE;
const against = (method: string): Compare => ({ side: { method, mix: {}, overrides: null }, lane: null, differenceOnly: false });

async function opened(compare: Compare | null) {
  const world = testLab({ ...LINK_DEFAULTS, compare });
  await world.lab.open();
  const comparison = comparisonOf(world.lab);
  return { ...world, comparison, state: world.lab.store.getState };
}

/** A, B and A − B of the second to last token of `S0>8>1.`, three digits. */
function numbers(comparison: Comparison): number[] {
  const { a, b } = comparison.store.getState();
  const [x, y] = [a!.derived.credit!.advantages, b!.derived.credit!.advantages];
  return [x[5], y[5], differenceOf(x, y)[5]].map((value) => Number(value.toFixed(3)));
}

describe('comparing', () => {
  it('credits the same samples twice and follows both sides', async () => {
    const { lab, comparison } = await opened(against(TREE));
    // 0.5 / 0.5774 against that and a step of the value by 0.5 / 0.5774.
    await expect.poll(() => comparison.store.getState().b).not.toBeNull();
    expect(numbers(comparison)).toEqual([0.866, 1.732, -0.866]);
    await lab.setViewMethod(TREE);
    expect(numbers(comparison)).toEqual([1.732, 1.732, 0]);
    lab.setCompare(against(FLAT));
    expect(numbers(comparison)).toEqual([1.732, 0.866, 0.866]);
    // Three of four right: advantage 0.25 / 0.5; the last digit's step is from 1 to 1.
    lab.flipReward(1);
    expect(numbers(comparison)).toEqual([0.5, 0.5, 0]);
    lab.setCompare(null);
    expect(comparison.store.getState()).toMatchObject({ a: null, b: null });
  });

  it('moves both sides with one knob, until one side’s knobs are held', async () => {
    const { lab, comparison, state, frame } = await opened(against(TREE));
    const { knobsOf } = await import('../core/pipeline.ts');
    const std = knobsOf(state().methods[FLAT]).find(({ id }) => id === 'stdEps')!;
    const set = (value: number) => {
      lab.setKnob(std, value);
      frame();
    };
    set(0.1);
    // 0.5 / 0.6774 and twice that.
    expect(numbers(comparison)).toEqual([0.738, 1.476, -0.738]);
    holdAsB(lab);
    expect(numbers(comparison)).toEqual([0.738, 0.738, 0]);
    set(1e-6);
    expect(numbers(comparison)).toEqual([0.866, 0.738, 0.128]);
    expect(await swapSides(lab)).toBe(true);
    expect(numbers(comparison)).toEqual([0.738, 0.866, -0.128]);
    expect(state().overrides).toEqual({ stdEps: 0.1 });
  });

  it('changes places', async () => {
    const { lab, comparison, state } = await opened(against(TREE));
    await swapSides(lab);
    expect(state()).toMatchObject({ viewMethod: TREE, compare: { side: { method: FLAT } } });
    expect(numbers(comparison)).toEqual([1.732, 0.866, 0.866]);
  });

  it('asks a worker of its own what another checkpoint thinks of the same tokens', async () => {
    const { lab, comparison, calls, state } = await opened({ side: { checkpoint: 'step-60' }, lane: null, differenceOnly: false });
    await expect.poll(() => comparison.store.getState().b).not.toBeNull();
    const { a, b } = comparison.store.getState();
    expect([...b!.batch.tokens]).toEqual([...a!.batch.tokens]);
    // The recording holds −0.5 for every token, the worker of the test says −2.
    expect([a!.batch.fields.oldLogprobs![0], b!.batch.fields.oldLogprobs![0]]).toEqual([-0.5, -2]);
    expect(calls).toEqual(['start', 'score', 'score']);
    // The run was not touched.
    expect(state().run.status).toBe('idle');
    lab.setCompare(null);
    await expect.poll(() => calls.at(-1)).toBe('dispose');
  });

  it('says when another checkpoint cannot be asked', async () => {
    const world = testLab({ ...LINK_DEFAULTS, compare: { side: { checkpoint: 'step-60' }, lane: null, differenceOnly: false } });
    world.broken.add('step-60.bin');
    await world.lab.open();
    const { store } = comparisonOf(world.lab);
    await expect
      .poll(() => store.getState().problem)
      .toBe('The other checkpoint could not be asked: step-60.bin is missing on this server (status 404).');
  });
});
