import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';
import { notices, openKnobs, playButton, pressPlay, stepOf, waitForStep } from './page.ts';

const engine = (page: Page) => page.getByRole('radiogroup', { name: 'Engine' });

async function askForGpu(page: Page): Promise<string> {
  await openKnobs(page);
  await engine(page).getByRole('radio', { name: 'GPU' }).click();
  const answer = notices(page).filter({ hasText: 'GPU' });
  await answer.waitFor({ timeout: 60_000 });
  return answer.innerText();
}

/** The page trains on, with the kernels. */
async function trainsOn(page: Page): Promise<void> {
  expect(await engine(page).getByRole('radio', { name: 'WebAssembly' }).isChecked()).toBe(true);
  await pressPlay(page);
  await waitForStep(page, (await stepOf(page)) + 2);
  await playButton(page).click();
}

describe('the GPU in a browser without one', () => {
  const lab = useLab();

  it('is not taken, for a reason that is told, and training goes on', { timeout: 120_000 }, async () => {
    const page = await lab.open();
    expect(await askForGpu(page)).toMatch(/Training stays off the GPU\. WebGPU finds no graphics processor here\./);
    await trainsOn(page);
  });
});

describe('the GPU drawn in software', () => {
  const lab = useLab('/', ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);

  it('computes the same numbers, loses the trial and is not taken', { timeout: 180_000 }, async () => {
    const page = await lab.open();
    expect(await askForGpu(page)).toMatch(
      /Training stays off the GPU(, which is slower here: \d+ ms a step against \d+ ms\.|\. The GPU takes too long for one step\.)/,
    );
    await trainsOn(page);
  });
});
