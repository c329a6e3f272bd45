import { describe, expect, it } from 'vitest';
import { readBytes } from '../../scripts/checkpointFiles.ts';
import { decodeBatch } from '../../src/core/batchCodec.ts';
import { groupTokens } from '../../src/core/batchSlice.ts';
import { loadMethod } from '../../src/core/methods/index.ts';
import { composeMethod, creditBatch, defaultKnobs } from '../../src/core/pipeline.ts';
import type { TokenPlane } from '../../src/core/stages/plane.ts';
import { formatNumber } from '../../src/ui/number.ts';
import { HEIGHT, nearestToken, nextToken, pinOf, planeScale, WIDTH } from '../../src/views/plane/planeGeometry.ts';
import { useLab } from './harness.ts';
import { inspector } from './page.ts';

/** The plane of the recorded step that the page opens with, from core. */
async function planeOfRecording() {
  const method = await loadMethod('delta');
  const batch = decodeBatch(readBytes('public/recordings/chain-sum/step-20.bin'));
  const view = method.planes?.[0];
  const plane = view?.of(batch, creditBatch(batch, composeMethod(method), defaultKnobs(method))) as TokenPlane;
  return { batch, plane, scale: planeScale(plane) };
}

describe('the tokens in a plane', () => {
  const lab = useLab();

  it('shows where core puts a token, and a click pins it, whichever prompt it is of', { timeout: 60_000 }, async () => {
    const { batch, plane, scale } = await planeOfRecording();
    const page = await lab.open({ query: '#v=2&method=delta', viewport: { width: 1280, height: 1000 } });
    const picture = page.getByRole('application', { name: /^Token gradients/ });
    await picture.scrollIntoViewIfNeeded();
    const shown = Number((await page.locator('.stage').innerText()).match(/prompt\s+(\d+)\/8/)?.[1]) - 1;
    // A token of another prompt that is the nearest to its own place.
    const token = plane.x.findIndex(
      (x, t) => pinOf(batch, t).group !== shown && nearestToken(plane, scale, scale.x(x), scale.y(plane.y[t])) === t,
    );
    const { group, response, position } = pinOf(batch, token);
    const box = await picture.boundingBox();
    if (!box) throw new Error('The plane is not on the screen.');
    const [left, top] = [scale.x(plane.x[token]) / WIDTH, scale.y(plane.y[token]) / HEIGHT];
    await page.mouse.move(box.x + left * box.width, box.y + top * box.height);
    const sentence = `prompt ${group + 1}, response ${response + 1}, token ${position + 1}`;
    const number = formatNumber(plane.x[token], 2, { sign: true });
    await expect.poll(() => page.locator('.plane-read').innerText()).toContain(sentence);
    expect(await page.locator('.plane-read').innerText()).toContain(`${number} from the middle`);
    await page.mouse.down();
    await page.mouse.up();
    await inspector(page)
      .getByRole('heading', { name: `response ${response + 1}, token ${position + 1}` })
      .waitFor();
    await expect.poll(() => page.locator('.stage').innerText()).toMatch(new RegExp(`prompt\\s+${group + 1}/8`));
    // The picture stays, in the inspector, with the token marked.
    await inspector(page).locator('.plane-pinned').waitFor();
  });

  it('is walked through by keyboard', { timeout: 60_000 }, async () => {
    const { batch, plane } = await planeOfRecording();
    const page = await lab.open({ query: '#v=2&method=delta' });
    const picture = page.getByRole('application', { name: /^Token gradients/ });
    await picture.focus();
    const shown = Number((await page.locator('.stage').innerText()).match(/prompt\s+(\d+)\/8/)?.[1]) - 1;
    const range = groupTokens(batch, shown);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    const token = nextToken(plane, range[0], range, 1);
    const { response, position } = pinOf(batch, token);
    await expect.poll(() => page.locator('.plane-read').innerText()).toContain(`response ${response + 1}, token ${position + 1},`);
    await page.keyboard.press('Enter');
    await inspector(page)
      .getByRole('heading', { name: `response ${response + 1}, token ${position + 1}` })
      .waitFor();
  });
});
