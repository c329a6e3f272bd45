/** Links: random views through a fresh page, damaged ones, a run taken again with what was changed on the way, parts left out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { DIST } from '../../bench/build.ts';
import { decodeBatch } from '../../src/core/batchCodec.ts';
import { loadMethod, METHODS } from '../../src/core/methods/index.ts';
import { composeMethod, creditBatch, knobsOf, missingNeeds } from '../../src/core/pipeline.ts';
import { LINK_DEFAULTS } from '../../src/state/lab.ts';
import { clampKnob } from '../../src/state/knobs.ts';
import { encodeLink } from '../../src/state/url.ts';
import type { LinkState } from '../../src/state/url.ts';
import { useLab } from './harness.ts';
import { creditCell, creditGrid, notices, openKnobs, playButton, pressPlay, stepOf, typeKnob, waitForStep } from './page.ts';
import { shippedCatalogue } from './recording.ts';

const [home] = shippedCatalogue().tasks;
const first = home.checkpoints.find(({ id }) => id === home.first)!;
const file = readFileSync(join(DIST, first.recording!));
const batch = decodeBatch(file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer);

/** Methods that the recording serves: their credit is on the screen at once. */
const methods = (await Promise.all(METHODS.map(({ id }) => loadMethod(id)))).filter((method) => missingNeeds(batch, method).length === 0);

/** A view that a person could have come to. */
const reachable: fc.Arbitrary<LinkState> = fc
  .record({
    method: fc.constantFrom(...methods),
    group: fc.nat(batch.groups.length - 1),
    where: fc.double({ min: 0, max: 1, noNaN: true }),
    rowOrder: fc.constantFrom('sampled' as const, 'reward' as const, 'trie' as const),
    creditLane: fc.constantFrom('credit' as const, 'advantage' as const),
    update: fc.constantFrom('last' as const, 1, 3),
    pin: fc.option(fc.record({ response: fc.nat(7), position: fc.nat(2) })),
    theme: fc.constantFrom('auto' as const, 'dark' as const),
  })
  .map(({ method, where, group, pin, ...rest }) => {
    const knob = knobsOf(method).find(({ applies, options, requires }) => applies === 'credit' && !options && !requires);
    const value = knob && clampKnob(knob, knob.min + where * ((Number.isFinite(knob.max) ? knob.max : 1) - knob.min));
    return {
      ...LINK_DEFAULTS,
      ...rest,
      viewMethod: method.meta.id,
      group: group === home.group ? null : group,
      overrides: knob && value !== undefined ? { [knob.id]: value } : {},
      pin: pin && { group, ...pin },
    };
  });

/** The numbers of the credit lane, by response and token, as the core works them out. */
async function expected(state: LinkState): Promise<Map<string, number>> {
  const method = await loadMethod(state.viewMethod);
  const knobs = Object.fromEntries(knobsOf(method).map(({ id, default: standard }) => [id, state.overrides[id] ?? standard]));
  const update = state.update === 'last' ? 'last' : state.update - 1;
  const result = creditBatch(batch, composeMethod(method), { temperature: 1, ...knobs }, { update });
  const values = state.creditLane === 'credit' ? result.credit : result.advantages;
  const { start, end } = batch.groups[state.group ?? home.group];
  const cells = new Map<string, number>();
  batch.responses.slice(start, end).forEach((response, r) => {
    for (let t = response.start; t < response.end; t++) cells.set(`${r + 1}.${t - response.start + 1}`, values[t]);
  });
  return cells;
}

/** The same as printed in the cells; null where a cell has no number. */
async function shown(page: Page): Promise<Map<string, number | null>> {
  const cells = await creditGrid(page)
    .getByRole('gridcell')
    .evaluateAll((all) => all.map((cell) => [cell.getAttribute('aria-label') ?? '', (cell as HTMLElement).innerText] as const));
  const found = new Map<string, number | null>();
  for (const [name, text] of cells) {
    const [, response, token] = /^response (\d+), token (\d+) /.exec(name) ?? [];
    const number = /([+−]?\d+(?:\.\d+)?)\s*$/.exec(text.split('\n').slice(1).join(' '))?.[1];
    if (response) found.set(`${response}.${token}`, number === undefined ? null : Number(number.replace('−', '-')));
  }
  return found;
}

/** Half of the last digit printed. */
const rounding = (value: number): number => (Math.abs(value) < 9.995 ? 0.0051 : Math.abs(value) < 99.95 ? 0.051 : 0.51);

describe('links', () => {
  const lab = useLab();

  it('open the same view with the same numbers: 30 random states, each in a fresh page', { timeout: 240_000 }, async () => {
    const page = await lab.open();
    for (const state of fc.sample(reachable, { numRuns: 30, seed: 7 })) {
      const hash = encodeLink(state, LINK_DEFAULTS);
      await lab.reopen(page, `#${hash}`);
      const numbers = await expected(state);
      await expect.poll(async () => (await shown(page)).size, { message: hash }).toBe(numbers.size);
      for (const [place, printed] of await shown(page)) {
        const value = numbers.get(place)!;
        if (Number.isNaN(value)) expect(printed, `${hash} ${place}`).toBeNull();
        else
          expect(Math.abs((printed ?? Number.NaN) - value), `${hash} ${place}: ${printed}, core ${value}`).toBeLessThanOrEqual(
            rounding(value),
          );
      }
      // The page writes its own link from its own state: the same.
      await page.waitForTimeout(400);
      expect(await page.evaluate(() => location.hash.slice(1))).toBe(hash);
      expect(await notices(page).allInnerTexts(), hash).toEqual([]);
    }
  });

  it('never break the page when they are damaged: 30 of them', { timeout: 240_000 }, async () => {
    const valid = encodeLink(
      { ...LINK_DEFAULTS, viewMethod: methods[3].meta.id, group: 2, overrides: { clipLow: 0.1 }, update: 2 },
      LINK_DEFAULTS,
    );
    const damage = fc
      .tuple(fc.nat(valid.length), fc.string({ maxLength: 12 }), fc.nat(8))
      .map(([at, junk, cut]) => valid.slice(0, at) + junk + valid.slice(at + cut));
    const odd = fc.constantFrom(
      'v=2&k.__proto__=1',
      'v=2&pin=999999.1.1&prompt=99',
      'v=77',
      '%E0%A4%A',
      `v=2&seed=${'x'.repeat(9000)}`,
      'v=2&run=1~~~',
    );
    const page = await lab.open();
    for (const hash of fc.sample(fc.oneof({ weight: 4, arbitrary: damage }, { weight: 1, arbitrary: odd }), { numRuns: 30, seed: 11 })) {
      await lab.reopen(page, `#${hash}`);
      expect(await creditGrid(page).getByRole('gridcell').count(), hash).toBeGreaterThanOrEqual(20);
    }
  });

  it('take the run again to the very step, with the knob that was moved on the way', { timeout: 120_000 }, async () => {
    const page = await lab.open();
    await pressPlay(page);
    const from = await stepOf(page);
    await waitForStep(page, from + 3);
    await openKnobs(page);
    await typeKnob(page, 'clipHigh', '0.05');
    await waitForStep(page, (await stepOf(page)) + 3);
    await playButton(page).click();
    await expect.poll(() => playButton(page).innerText()).toMatch(/train/);
    await page.waitForTimeout(400);
    const step = await stepOf(page);
    const before = await creditGrid(page).innerText();
    const link = await page.evaluate(() => location.hash);
    expect(link).toContain(`step=${step}`);
    expect(link).toMatch(/run=\d+~/);
    const again = await lab.open({ query: link });
    await waitForStep(again, step, 60_000);
    expect(await stepOf(again)).toBe(step);
    await expect.poll(() => creditGrid(again).innerText()).toBe(before);
    await again.waitForTimeout(400);
    expect(await again.evaluate(() => location.hash)).toBe(link);
  });

  it('leave out what a teacher does not want, and its keys with it', async () => {
    const page = await lab.open({ query: '#v=2&hide=train,curves,seed' });
    expect(await playButton(page).isVisible()).toBe(false);
    expect(await page.getByRole('textbox', { name: 'seed' }).isVisible()).toBe(false);
    const step = await stepOf(page);
    await page.keyboard.press('n');
    await page.keyboard.press('Space');
    await page.waitForTimeout(500);
    expect(await stepOf(page)).toBe(step);
    await page.getByRole('button', { name: 'share' }).click();
    expect(await page.getByRole('textbox', { name: 'Link' }).inputValue()).toMatch(/hide=train,seed,curves$/);
  });

  it('show one panel alone in a frame, with the way to the whole page', async () => {
    const page = await lab.open();
    await page.getByRole('button', { name: 'share' }).click();
    await page.getByRole('combobox', { name: 'panel' }).selectOption('matrix');
    const frame = await page.getByRole('textbox', { name: 'Frame' }).inputValue();
    const address = /src="([^"]+)"/.exec(frame)![1].replaceAll('&amp;', '&');
    const alone = await lab.open({ query: address.slice(address.indexOf('#')) });
    expect(await creditCell(alone, 1, 1).isVisible()).toBe(true);
    expect(await playButton(alone).isVisible()).toBe(false);
    const way = alone.getByRole('link', { name: 'Open in Creditscope' });
    expect(await way.getAttribute('href')).not.toContain('embed');
  });
});
