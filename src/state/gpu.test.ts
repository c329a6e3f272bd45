import { describe, expect, it } from 'vitest';
import { testLab } from './testLab.ts';

describe('the choice of the GPU', () => {
  async function chosen() {
    const world = testLab();
    await world.lab.open();
    await world.lab.setGpu(true);
    return { world, run: () => world.lab.store.getState().run };
  }

  it('starts the worker, asks it once it is ready, and lets nobody play until it has answered', async () => {
    const { world, run } = await chosen();
    expect(world.calls).toEqual(['start']);
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    expect(world.calls).toEqual(['start', 'gpu true']);
    expect(run().status).toBe('starting');
    world.handlers().onReady({ backend: 'tfjs-webgpu', step: 20, message: 'Training runs on the GPU.' });
    expect(run()).toMatchObject({ status: 'paused', backend: 'tfjs-webgpu' });
    expect(world.lab.store.getState().notices.map(({ text }) => text)).toContain('Training runs on the GPU.');
    expect(world.calls).toEqual(['start', 'gpu true']);
  });

  it('pauses a running lab first, and is undone the same way', async () => {
    const { world, run } = await chosen();
    world.handlers().onReady({ backend: 'wasm', step: 20 });
    world.handlers().onReady({ backend: 'tfjs-webgpu', step: 20, message: 'Training runs on the GPU.' });
    await world.lab.play();
    await world.lab.setGpu(false);
    expect(world.calls).toEqual(['start', 'gpu true', 'play', 'pause', 'gpu false']);
    world.handlers().onReady({ backend: 'wasm', step: 25, message: 'Training runs off the GPU.' });
    expect(run()).toMatchObject({ status: 'paused', backend: 'wasm' });
  });
});
