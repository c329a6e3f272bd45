import { describe, expect, it } from 'vitest';
import { firstHeatmap, useLab } from './harness.ts';

describe('the first screen', () => {
  const lab = useLab();

  it('shows a heatmap of at least 30 cells before any worker script is asked for', async () => {
    const requests: string[] = [];
    const page = await lab.open({
      before: async (blank) => {
        blank.on('request', (request) => requests.push(request.url()));
      },
    });
    // The state at the moment of the heatmap: what was asked for until then is what the heatmap waited for.
    expect(requests.filter((url) => /worker|tfjs|\.wasm/i.test(url))).toEqual([]);
    expect(page.workers()).toEqual([]);
    const cells = await firstHeatmap(page);
    expect(await cells.count()).toBeGreaterThanOrEqual(30);
    await page.waitForLoadState('networkidle');
  });

  it('asks its question in the heading', async () => {
    const page = await lab.open();
    await page.getByRole('heading', { name: 'One reward at the end. Which token earned it?' }).waitFor();
  });

  it.each([
    ['projector', 1280, 720],
    ['desktop', 1920, 1080],
  ])('does not scroll on a %s', async (_, width, height) => {
    const page = await lab.open({ viewport: { width, height } });
    const root = await page.evaluate(() => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
      return { scrollWidth, scrollHeight, clientWidth, clientHeight };
    });
    expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
    expect(root.scrollHeight).toBeLessThanOrEqual(root.clientHeight);
  });

  it('asks nothing of another host', async () => {
    const hosts = new Set<string>();
    const page = await lab.open({
      before: async (blank) => {
        blank.on('request', (request) => hosts.add(new URL(request.url()).host));
      },
    });
    await page.waitForLoadState('networkidle');
    expect([...hosts]).toEqual([new URL(lab.url()).host]);
  });
});

describe('under a sub-path', () => {
  const lab = useLab('/courses/week-3/');

  it('works just the same', async () => {
    const page = await lab.open();
    expect(new URL(page.url()).pathname).toBe('/courses/week-3/');
    expect(await (await firstHeatmap(page)).count()).toBeGreaterThanOrEqual(30);
    await page.waitForLoadState('networkidle');
  });
});
