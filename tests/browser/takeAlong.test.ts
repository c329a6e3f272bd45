/** What can be taken out of the page and brought back: figures, numbers, papers, sessions, rollouts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { runCredit } from '../../scripts/creditCommand.ts';
import { useLab } from './harness.ts';
import { creditGrid, notices, openKnobs, playButton, pressPlay, stepOf, typeKnob, viewAs, waitForStep } from './page.ts';

const folder = mkdtempSync(join(tmpdir(), 'take-along-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function openShare(page: Page, section: string): Promise<Locator> {
  await page.getByRole('button', { name: 'share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share and take along' });
  await dialog.getByRole('radio', { name: section }).check();
  return dialog;
}

/** Presses a button that saves a file; its path. */
async function saved(page: Page, dialog: Locator, button: string | RegExp): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: button }).click()]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

/** Cells of every lane as printed: glyph, then number. */
const cellsOf = (page: Page): Promise<string[][]> =>
  page
    .getByRole('grid')
    .evaluateAll((grids) =>
      grids.map((grid) =>
        [...grid.querySelectorAll('.mx-cell')].map(
          (cell) => `${cell.querySelector('.mx-glyph')?.textContent} ${cell.querySelector('.mx-number')?.textContent}`,
        ),
      ),
    );

const creditTexts = (page: Page): Promise<string[]> => creditGrid(page).getByRole('gridcell').allInnerTexts();

async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([title, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))], title));
      return data;
    },
    [name, bytes.toString('base64')] as const,
  );
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

/** A page without a policy, to read files in. */
async function blank(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.setContent('<p></p>');
  return other;
}

describe('figures', () => {
  const lab = useLab();

  it('show the cells of the page, in a file that opens by itself', { timeout: 90_000 }, async () => {
    const page = await lab.open({ query: '#v=2&k.clipHigh=0.05&theme=dark' });
    const cells = await cellsOf(page);
    const dialog = await openShare(page, 'Figure');
    const svg = await saved(page, dialog, 'Save as SVG');
    const png = await saved(page, dialog, 'Save as PNG');
    expect(svg).toMatch(/creditscope-chain-sum-step20-grpo-matrix\.svg$/);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
    expect(readFileSync(png).readUInt32BE(16)).toBeGreaterThan(1500);

    const figure = await blank(page);
    const read = await figure.evaluate(
      (text) => {
        const root = new DOMParser().parseFromString(text, 'image/svg+xml');
        const textOf = (cell: Element, kind: string) => [...cell.querySelectorAll(`.${kind}`)].map((line) => line.textContent).join('\n');
        return {
          problems: root.querySelectorAll('parsererror').length,
          lanes: [...root.querySelectorAll('.lane')].map((lane) =>
            [...lane.querySelectorAll('.cell')].map((cell) => `${textOf(cell, 'glyph')} ${textOf(cell, 'number')}`),
          ),
          caption: [...root.querySelectorAll('.caption')].map((line) => line.textContent).join(' '),
        };
      },
      readFileSync(svg, 'utf8'),
    );
    expect(read.problems).toBe(0);
    expect(read.lanes.map((lane) => lane.toSorted())).toEqual(cells.map((lane) => lane.toSorted()));
    expect(read.lanes.at(-1)).toContain('S +0.83');
    expect(read.caption).toMatch(/Chain sum, prompt \S+=, step 20 \(recorded\), seed lecture-1, viewed as GRPO\./);
    expect(read.caption).toContain('Knobs that differ from the default: clipHigh = 0.05.');
    expect(read.caption).toMatch(/Commit: [0-9a-f]{12}/);
    expect(read.caption).toContain('arXiv:2402.03300');

    // Drawn by a renderer that knows nothing of the page: every text of a cell lies within its cell.
    await figure.goto(`file://${svg}`);
    const outside = await figure.evaluate(() =>
      [...document.querySelectorAll<SVGGElement>('.cell')].flatMap((cell) => {
        const box = cell.querySelector('rect')!.getBoundingClientRect();
        return [...cell.querySelectorAll('text')]
          .map((text) => text.getBoundingClientRect())
          .filter(
            ({ left, right, top, bottom }) => left < box.left - 1 || right > box.right + 1 || top < box.top - 4 || bottom > box.bottom + 4,
          )
          .map(() => cell.textContent);
      }),
    );
    expect(outside).toEqual([]);
  });

  it('have the screen’s colours and the core’s numbers, drawn as a plain image by a renderer that has only the file', {
    timeout: 90_000,
  }, async () => {
    const page = await lab.open({ query: '#v=2&prompt=1&k.normByStd=0' });
    const shown = await page
      .getByRole('gridcell')
      .filter({ has: page.locator('.mx-glyph') })
      .evaluateAll((cells) =>
        cells.map((cell) => [cell.getAttribute('aria-label') ?? '', getComputedStyle(cell).backgroundColor.replaceAll(/[^\d,]/g, '')]),
      );
    const dialog = await openShare(page, 'Figure');
    const svg = readFileSync(await saved(page, dialog, 'Save as SVG'), 'utf8');
    await dialog.getByRole('radio', { name: 'Numbers' }).check();
    const batch = await saved(page, dialog, 'Batch as JSON');
    const core = JSON.parse((await runCredit(['--input', batch, '--knob', 'normByStd=0'])).stdout).credit as number[][];

    const drawn = await (await blank(page)).evaluate(async (text) => {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
      const paper = canvas.getContext('2d', { willReadFrequently: true })!;
      paper.drawImage(image, 0, 0);
      const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
      document.body.replaceChildren(root);
      const ground = root.getBoundingClientRect();
      // A hatch and a glyph cover the smaller part of a cell.
      return [...root.querySelectorAll('.cell')].map((cell) => {
        const { left, top, width, height } = cell.querySelector('rect')!.getBoundingClientRect();
        const { data } = paper.getImageData(left - ground.left, top - ground.top, width, height);
        const counts = new Map<string, number>();
        for (let i = 0; i < data.length; i += 4) {
          const colour = data.slice(i, i + 3).join();
          counts.set(colour, (counts.get(colour) ?? 0) + 1);
        }
        const [fill] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
        return { name: cell.querySelector('title')!.textContent ?? '', fill, number: cell.querySelector('.number')?.textContent ?? '' };
      });
    }, svg);

    expect(drawn.map(({ name, fill }) => [name, fill]).toSorted()).toEqual(shown.toSorted());
    const credits = drawn.flatMap(({ name, number }) => {
      const place = /^response (\d+), token (\d+) '.' \(credit\)/.exec(name);
      return place ? [{ number, core: core[Number(place[1]) - 1][Number(place[2]) - 1] }] : [];
    });
    // The first of the batch's prompts: eight answers.
    expect(credits.length).toBe(core.slice(0, 8).flat().length);
    expect(new Set(drawn.map(({ fill }) => fill)).size).toBeGreaterThan(10);
    for (const credit of credits) expect(Number(credit.number.replace('−', '-')), JSON.stringify(credit)).toBeCloseTo(credit.core, 2);
  });

  it('draw the tree and the curves too', { timeout: 60_000 }, async () => {
    const page = await lab.open({ query: '#v=2&layout=branches', cells: 0, isBlank: true });
    await page.getByRole('tree').waitFor();
    const boxes = await page.getByRole('treeitem').evaluateAll((all) => all.map((box) => box.textContent?.replace(/\s+/g, ' ')));
    const dialog = await openShare(page, 'Figure');
    const tree = readFileSync(await saved(page, dialog, 'Save as SVG'), 'utf8');
    const texts = await (await blank(page)).evaluate((text) => {
      const root = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [...root.querySelectorAll('.box')].map((box) => [...box.querySelectorAll('text')].map((line) => line.textContent).join(' '));
    }, tree);
    expect(texts).toEqual(boxes);
    await dialog.getByRole('combobox', { name: 'figure' }).selectOption('curves');
    await dialog.getByRole('img', { name: /training curves/ }).waitFor();
    const curves = readFileSync(await saved(page, dialog, 'Save as SVG'), 'utf8');
    expect(curves.match(/class="curve"/g)?.length).toBe(7);
  });
});

describe('numbers', () => {
  const lab = useLab();

  it('are those of the core, in the table and by the command line', { timeout: 60_000 }, async () => {
    const page = await lab.open();
    const dialog = await openShare(page, 'Numbers');
    const csv = readFileSync(await saved(page, dialog, 'Numbers as CSV'), 'utf8')
      .trimEnd()
      .split('\r\n');
    const json = JSON.parse(readFileSync(await saved(page, dialog, 'Numbers as JSON'), 'utf8'));
    const batch = await saved(page, dialog, 'Batch as JSON');
    const bib = readFileSync(await saved(page, dialog, 'Papers as BibTeX'), 'utf8');
    const result = JSON.parse((await runCredit(['--input', batch])).stdout);
    const at = csv[0].split(',').indexOf('credit');
    // No field before the credit holds a comma.
    expect(csv.slice(1).map((line) => Number(line.split(',')[at]))).toEqual(result.credit.flat());
    expect(json.tokens.map(({ credit }: { credit: number }) => credit)).toEqual(result.credit.flat());
    expect(bib).toContain('@misc{grpo2024,');
    expect(bib).toContain('eprint = {2402.03300}');
  });
});

describe('sessions', () => {
  const lab = useLab();

  it('come back after a reload with the same numbers, and training goes on with the very step that would have followed', {
    timeout: 120_000,
  }, async () => {
    const page = await lab.open();
    await pressPlay(page);
    await waitForStep(page, (await stepOf(page)) + 2);
    await playButton(page).click();
    await expect.poll(() => playButton(page).innerText()).toMatch(/train/);
    await openKnobs(page);
    await typeKnob(page, 'clipHigh', '0.05');
    await viewAs(page, 'TEMPO');
    let dialog = await openShare(page, 'Sessions');
    await dialog.getByRole('textbox', { name: 'Name of the session' }).fill('before lunch');
    await dialog.getByRole('button', { name: 'Save in this browser' }).click();
    await dialog.getByText('Saved in this browser.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const [step, numbers] = [await stepOf(page), await creditTexts(page)];
    await page.getByRole('button', { name: 'One step' }).click();
    await waitForStep(page, step + 1);
    const next = await creditTexts(page);

    await page.goto(lab.url());
    await page.reload();
    dialog = await openShare(page, 'Sessions');
    await dialog.getByRole('button', { name: 'Rename before lunch' }).click();
    await dialog.getByRole('textbox', { name: 'New name of before lunch' }).fill('lunch');
    await page.keyboard.press('Enter');
    const file = await saved(page, dialog, 'Save lunch as a file');
    await dialog.getByRole('button', { name: 'Remove lunch' }).click();
    await dialog.getByText('None yet.').waitFor();
    await dialog.getByRole('button', { name: 'Undo' }).click();
    await dialog.getByRole('button', { name: 'Open lunch' }).click();
    await expect.poll(() => stepOf(page)).toBe(step);
    await expect.poll(() => creditTexts(page)).toEqual(numbers);
    await page.getByRole('button', { name: 'One step' }).click();
    await waitForStep(page, step + 1);
    expect(await creditTexts(page)).toEqual(next);

    // Another browser, which has never seen it: from the file.
    const other = await lab.open();
    await drop(other, 'lunch.creditscope', readFileSync(file));
    await expect.poll(() => stepOf(other)).toBe(step);
    expect(await creditTexts(other)).toEqual(numbers);
    await notices(other).getByRole('button', { name: 'Back to what was there' }).click();
    await expect.poll(() => stepOf(other)).toBe(20);
  });

  it('hold a second network with its optimiser: the step that follows is the one that would have followed', {
    timeout: 120_000,
  }, async () => {
    const page = await lab.open({ query: '#v=2&method=prime&train=prime&lanes=implicitReward', cells: 1 });
    const oneStep = page.getByRole('group', { name: 'Training' }).getByRole('button', { name: 'One step' });
    const numbers = async (step: number): Promise<string[][]> => {
      await waitForStep(page, step);
      // The reward that the second network pays, beside the credit that follows from it.
      await expect.poll(async () => (await cellsOf(page)).flat().filter((cell) => /\d$/.test(cell)).length).toBeGreaterThan(20);
      return cellsOf(page);
    };
    for (const step of [21, 22, 23]) {
      await oneStep.click();
      await numbers(step);
    }
    let dialog = await openShare(page, 'Sessions');
    await dialog.getByRole('textbox', { name: 'Name of the session' }).fill('two networks');
    await dialog.getByRole('button', { name: 'Save in this browser' }).click();
    await dialog.getByText('Saved in this browser.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const before = await cellsOf(page);
    await oneStep.click();
    const next = await numbers(24);
    expect(next).not.toEqual(before);

    await page.goto(lab.url());
    await page.reload();
    dialog = await openShare(page, 'Sessions');
    await dialog.getByRole('button', { name: 'Open two networks' }).click();
    await expect.poll(() => stepOf(page)).toBe(23);
    await expect.poll(() => cellsOf(page)).toEqual(before);
    await oneStep.click();
    await numbers(24);
    await expect.poll(() => cellsOf(page)).toEqual(next);
  });

  it('take rollouts of the command line, refuse what is none of ours in a sentence, and undo and redo are in sight', {
    timeout: 60_000,
  }, async () => {
    const page = await lab.open();
    const numbers = await creditTexts(page);
    for (const [name, text, sentence] of [
      [
        'cat.png',
        'not a picture',
        'cat.png could not be opened: it is neither a session saved by this page nor JSON. What is on screen stays.',
      ],
      ['big.json', '{"promptTokens":[0],"responses":[{"tokens":[77],"reward":1}]}', 'it fits no task of this page: it has token 77'],
    ]) {
      await drop(page, name, Buffer.from(text));
      await expect
        .poll(() =>
          notices(page)
            .allInnerTexts()
            .then((all) => all.join(' ')),
        )
        .toContain(sentence);
      expect(await creditTexts(page)).toEqual(numbers);
    }
    const dialog = await openShare(page, 'Numbers');
    const batch = readFileSync(await saved(page, dialog, 'Batch as JSON'));
    await dialog.getByRole('button', { name: 'Close' }).click();
    writeFileSync(join(folder, 'again.json'), batch);
    const again = await openShare(page, 'Sessions');
    await again.locator('input[type=file]').setInputFiles(join(folder, 'again.json'));
    await expect.poll(() => page.locator('.step-count').innerText()).toBe('opened, step 20');
    expect((await creditTexts(page)).length).toBeGreaterThan(10);

    expect(await page.getByRole('button', { name: 'Undo' }).isDisabled()).toBe(true);
    const before = await creditTexts(page);
    await page.locator('.mx-flip').first().click();
    await expect.poll(() => creditTexts(page)).not.toEqual(before);
    const after = await creditTexts(page);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => creditTexts(page)).toEqual(before);
    await page.getByRole('button', { name: 'Redo' }).click();
    await expect.poll(() => creditTexts(page)).toEqual(after);
  });
});
