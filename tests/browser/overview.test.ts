import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useLab } from './harness.ts';
import { inspector, viewAs } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

const branch = (page: Page, text: string) => page.getByRole('tree').getByRole('treeitem', { name: text });

describe('the tree of branches', () => {
  const lab = useLab();

  it('says the mean number of each branch’s first token, and pins that token', async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, smallGroup()) });
    await viewAs(page, 'TEMPO');
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'branches only' }).click();
    // S0>8> was sampled twice, ±0.953 on its S (journey.test.ts); D twice, ±0.8660239 · 0.9; then the four ends, each once.
    await branch(page, 'S0>8>').waitFor();
    const names = await page
      .getByRole('treeitem')
      .evaluateAll((items) => items.map((item) => (item.getAttribute('aria-label') ?? '').replace(/mean reward /, '')));
    expect(names).toEqual([
      '1+9+8+3=, n4 samples, 0.50',
      'S0>8> (credit) 0.00, n2 samples, 0.50',
      '1. (credit) 0.00, n1 sample, 1.00, right',
      '9. (credit) 0.00, n1 sample, 0.00, wrong',
      'D (credit) 0.00, n2 samples, 0.50',
      '1. (credit) +1.73, n1 sample, 1.00, right',
      '7. (credit) −2.25, n1 sample, 0.00, wrong',
    ]);
    await branch(page, '7.').click();
    await inspector(page).getByRole('heading', { name: 'response 4, token 2' }).waitFor();
    await page.getByRole('button', { name: 'branches only' }).click();
    await page.getByRole('grid', { name: /^Credit/ }).waitFor();
  });
});

describe('the whole batch', () => {
  const lab = useLab();

  it('shows the prompt that is clicked, with the samples that its block counts', async () => {
    const page = await lab.open();
    const block = page.getByRole('region', { name: 'Whole batch' }).getByRole('button', { name: /^prompt 3 of 8/ });
    const [, prompt, right, count] = (await block.getAttribute('aria-label'))?.match(/of 8, (.+), (\d+) of (\d+) right/) ?? [];
    await block.click();
    await expect.poll(() => page.locator('.prompt-text').innerText()).toBe(prompt);
    expect(await block.getAttribute('aria-current')).toBe('true');
    const first = page.getByRole('grid').first();
    expect(await first.getByRole('rowheader').count()).toBe(Number(count));
    expect(await first.getByRole('rowheader', { name: /right/ }).count()).toBe(Number(right));
  });

  it('paints each token by its sign, and a clipped one as nothing', async () => {
    const page = await lab.open({ before: (blank) => serveRecording(blank, smallGroup()) });
    await page.locator('.ov-canvas').waitFor();
    // Rows by reward, in the trie's order among equals: S…1. and D1., then S…9. and D7.; a token is 5 × 4 px after a mark of 3 px.
    const [clipped, up, down] = await page.evaluate(
      async (cells) => {
        await new Promise(requestAnimationFrame);
        const canvas = document.querySelector('.ov-canvas') as HTMLCanvasElement;
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        return cells.map(([row, column]) => {
          const at = 4 * ((4 * row + 1) * canvas.width + 3 + 5 * column + 2);
          return [data[at], data[at + 1], data[at + 2]];
        });
      },
      [
        [0, 5],
        [1, 1],
        [3, 1],
      ],
    );
    expect(clipped).toEqual([0xf7, 0xf7, 0xf7]);
    // Blue over red for a push up, red over blue for one down.
    expect(up[2] - up[0]).toBeGreaterThan(50);
    expect(down[0] - down[2]).toBeGreaterThan(50);
  });
});
