/** Puts a batch of ours in the place of the recording that the page opens with. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { DIST } from '../../bench/build.ts';
import type { RolloutBatch } from '../../src/core/batch.ts';
import { encodeBatch } from '../../src/core/batchEncoder.ts';
import type { TaskCatalogue } from '../../src/state/catalogue.ts';

const CATALOGUE = 'recordings/index.json';

/** The list of recordings that the build ships. */
export function shippedCatalogue(): { tasks: TaskCatalogue[] } {
  return JSON.parse(readFileSync(join(DIST, CATALOGUE), 'utf8'));
}

/** Routes the first task's first recording to `batch`; the checkpoint beneath it stays the shipped one. */
export async function serveRecording(page: Page, batch: RolloutBatch): Promise<void> {
  const { tasks } = shippedCatalogue();
  const [first, ...others] = tasks;
  const entry = first.checkpoints.find(({ id }) => id === first.first) ?? first.checkpoints[0];
  const catalogue = { tasks: [{ ...first, group: 0 }, ...others] };
  await page.route(`**/${CATALOGUE}`, (route) => route.fulfill({ json: catalogue }));
  await page.route(`**/${entry.recording}`, (route) =>
    route.fulfill({ contentType: 'application/octet-stream', body: Buffer.from(encodeBatch(batch)) }),
  );
}
