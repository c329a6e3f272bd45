import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/engine/checkpoint.ts';
import { taskModelConfig } from '../../src/engine/taskModel.ts';
import { chainSum } from '../../src/core/tasks/chainSum.ts';
import { firstHeatmap, useLab } from './harness.ts';
import { creditGrid, notices, playButton, pressPlay, stepOf, viewAs, waitForStep } from './page.ts';

const WORKER = /\/assets\/worker[^/]*\.js$/;
const CHECKPOINT = '**/checkpoints/**';

/** Bytes of a shipped checkpoint with every weight changed. */
function changedCheckpoint(path: string, change: (weight: number) => number): Buffer {
  const file = readFileSync(join(DIST, path));
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  const checkpoint = decodeCheckpoint(buffer, { task: chainSum.meta.id, config: taskModelConfig(chainSum) });
  return Buffer.from(encodeCheckpoint({ ...checkpoint, parameters: checkpoint.parameters.map(change) }));
}

/** The recording is still there and can still be looked at under another method. */
async function stillWorks(page: Page): Promise<void> {
  const cells = await firstHeatmap(page);
  expect(await cells.count()).toBeGreaterThanOrEqual(30);
  const before = await creditGrid(page).innerText();
  await viewAs(page, 'TEMPO');
  await expect.poll(() => creditGrid(page).innerText()).not.toBe(before);
}

const says = (page: Page, pattern: RegExp) =>
  expect
    .poll(
      () =>
        notices(page)
          .allInnerTexts()
          .then((texts) => texts.join(' | ')),
      { timeout: 20_000 },
    )
    .toMatch(pattern);

describe('when something is missing or broken', () => {
  const lab = useLab();

  it('trains on the slow engine, and says so, where there is no WebAssembly', { timeout: 120_000 }, async () => {
    const page = await lab.open({
      before: async (blank) => {
        await blank.addInitScript(() => Reflect.deleteProperty(window, 'WebAssembly'));
        await blank.route(WORKER, async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: `Reflect.deleteProperty(self, 'WebAssembly');\n${await response.text()}` });
        });
      },
    });
    await pressPlay(page);
    await says(page, /WebAssembly/);
    await waitForStep(page, (await stepOf(page)) + 1, 90_000);
  });

  it.each([
    ['is missing', 500],
    ['is blocked', null],
  ])('keeps the recording where the worker %s, and starts when it is back', { timeout: 120_000 }, async (_, status) => {
    lab.allowError(/worker|Failed to load resource|500|ERR_/i);
    let isBroken = true;
    const page = await lab.open({
      before: (blank) =>
        blank.route(WORKER, (route) => {
          if (!isBroken) return route.continue();
          return status === null ? route.abort() : route.fulfill({ status, body: 'no' });
        }),
    });
    await pressPlay(page);
    await says(page, /train/i);
    await stillWorks(page);
    isBroken = false;
    await page
      .getByRole('button', { name: /try again|start training again/i })
      .first()
      .click();
    await waitForStep(page, (await stepOf(page)) + 1);
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 200)],
    ['one bit wrong', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 100 ? byte ^ 1 : byte)))],
    ['something else', () => Buffer.from('<!doctype html><p>Not found')],
  ])('refuses a checkpoint that is %s, and keeps what is on screen', { timeout: 60_000 }, async (_, damage) => {
    const page = await lab.open({
      before: (blank) =>
        blank.route(CHECKPOINT, (route) => {
          const path = new URL(route.request().url()).pathname;
          return route.fulfill({ contentType: 'application/octet-stream', body: damage(readFileSync(join(DIST, path))) });
        }),
    });
    await pressPlay(page);
    await says(page, /checkpoint/i);
    await stillWorks(page);
  });

  it('stops at a number that is none, keeps the last good step, and can go back', { timeout: 60_000 }, async () => {
    let isPoisoned = true;
    const page = await lab.open({
      before: (blank) =>
        blank.route(CHECKPOINT, (route) => {
          const path = new URL(route.request().url()).pathname;
          // Weights of this size overflow float32 in the forward pass.
          return isPoisoned
            ? route.fulfill({ contentType: 'application/octet-stream', body: changedCheckpoint(path, (weight) => weight * 1e30) })
            : route.continue();
        }),
    });
    await pressPlay(page);
    await says(page, /gave a number that is/i);
    await stillWorks(page);
    expect(await playButton(page).isEnabled()).toBe(true);
    isPoisoned = false;
  });

  it('says which recording did not come, and loads it when asked again', async () => {
    lab.allowError(/Failed to load resource|404|500|ERR_/i);
    let isBroken = true;
    const page = await lab.open({
      isBlank: true,
      before: (blank) =>
        blank.route('**/recordings/*', (route) => (isBroken ? route.fulfill({ status: 500, body: '' }) : route.continue())),
    });
    await says(page, /recording/i);
    isBroken = false;
    await page.getByRole('button', { name: /try again/i }).click();
    await firstHeatmap(page);
  });

  it('opens a link that makes no sense, and says what it left out', async () => {
    const page = await lab.open({ query: '#v=1&method=magic&k.clipHigh=1e30&pin=9.9.9&nonsense=1' });
    await says(page, /magic/);
    await says(page, /nonsense/);
    await firstHeatmap(page);
  });
});
