import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FEW, firstHeatmap, useLab } from './harness.ts';
import { creditCell, creditGrid, inspector, openKnobs, openRoom, openWorking, pin, pressPlay, stepOf, waitForStep } from './page.ts';

interface Walk {
  stops: string[];
  /** Stops without a name, out of sight, under something else, or without a ring. */
  faults: string[];
  /** Controls that no Tab came to. */
  unreached: string[];
}

/** Tabs through the page from its beginning until the focus leaves it; through a dialog from where it has put the focus, once round. */
async function walkByTab(page: Page, dialog?: 'dialog[open]'): Promise<Walk> {
  await page.evaluate((isDialog) => {
    Object.assign(window, { walk: { met: new Set<Element>() } });
    if (isDialog) return;
    (document.activeElement as HTMLElement | null)?.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  }, dialog !== undefined);
  const stops: string[] = [];
  const faults: string[] = [];
  for (let i = 0; i < 400; i++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (!element || element === document.body) return null;
      const { met } = (window as unknown as { walk: { met: Set<Element> } }).walk;
      const isBack = met.has(element);
      met.add(element);
      const labels = [...((element as HTMLInputElement).labels ?? [])].map(({ textContent }) => textContent).join(' ');
      const by = (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '');
      const name = (element.getAttribute('aria-label') ?? '') || by.join(' ').trim() || labels || element.textContent || '';
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + Math.min(box.width, 2 * innerWidth) / 2, box.top + Math.min(box.height / 2, 20)];
      const top = document.elementFromPoint(Math.min(x, innerWidth - 1), y);
      const label = element.closest('label');
      const isFree = top !== null && (element.contains(top) || top.contains(element) || label?.contains(top) === true);
      const ringed = [element, element.closest('.segment')].some((one) => one && getComputedStyle(one).outlineStyle !== 'none');
      const isRinged = ringed || getComputedStyle(element).boxShadow !== 'none';
      return {
        isBack,
        text: `${element.getAttribute('role') ?? element.tagName} ${name.trim().slice(0, 60)}`,
        faults: [
          ...(name.trim() === '' ? ['has no name'] : []),
          ...(box.width > 0 && box.height > 0 ? [] : ['is out of sight']),
          ...(isFree ? [] : ['is covered']),
          ...(isRinged ? [] : ['has no ring']),
        ],
      };
    });
    // From its last control a dialog lets the focus out to the browser's own, and takes it back.
    if (stop === null && dialog) continue;
    if (stop === null || stop.isBack) break;
    stops.push(stop.text);
    for (const fault of stop.faults) faults.push(`${stop.text} ${fault}`);
  }
  const unreached = await page.evaluate((within) => {
    const { met } = (window as unknown as { walk: { met: Set<Element> } }).walk;
    const groups = new Set([...met].map((element) => (element as HTMLInputElement).type === 'radio' && (element as HTMLInputElement).name));
    return [
      ...document.querySelector(within)!.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary, [tabindex]'),
    ]
      .filter((element) => element.tabIndex >= 0 && !element.matches(':disabled') && element.checkVisibility())
      .filter((element) => !met.has(element) && !groups.has((element as HTMLInputElement).name || '-'))
      .map((element) => element.getAttribute('aria-label') ?? `${element.tagName} ${element.textContent?.slice(0, 40)}`);
  }, dialog ?? 'body');
  return { stops, faults, unreached };
}

describe('the keyboard', () => {
  const lab = useLab();

  it('reaches every control in every room, each grid by one stop, and shows where it is', { timeout: 180_000 }, async () => {
    const page = await lab.open({ reducedMotion: 'reduce' });
    await openKnobs(page);
    await page.keyboard.press('c');
    await page.locator('.curves.is-open').waitFor();
    await page.locator('.ov-block').first().waitFor();
    const shown = await walkByTab(page);
    expect(shown.faults).toEqual([]);
    expect(shown.unreached).toEqual([]);
    expect(shown.stops.length).toBeGreaterThan(80);
    const cells = shown.stops.filter((stop) => /^(gridcell|rowheader)/.test(stop));
    expect(cells.length).toBeGreaterThanOrEqual(1);
    expect(cells.length).toBeLessThanOrEqual(await page.getByRole('grid').count());
    expect(shown.stops.some((stop) => /train it/.test(stop))).toBe(true);
    const views = page.getByRole('navigation', { name: 'Views' });
    for (const room of (await views.getByRole('button').allInnerTexts()).slice(1)) {
      await openRoom(page, room);
      if (room === 'Scoreboard') await page.getByRole('row', { name: /^Truth.*100 %/ }).waitFor({ timeout: 30_000 });
      const { faults, unreached } = await walkByTab(page);
      expect([room, faults, unreached]).toEqual([room, [], []]);
    }
  });

  it('reaches every control of the dialogs, which give the focus back to what opened them', { timeout: 120_000 }, async () => {
    const page = await lab.open({ reducedMotion: 'reduce' });
    const dialog = page.getByRole('dialog');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
    const walked = async (place: string, atLeast: number) => {
      const { faults, unreached, stops } = await walkByTab(page, 'dialog[open]');
      expect([place, faults, unreached]).toEqual([place, [], []]);
      expect(stops.length, place).toBeGreaterThanOrEqual(atLeast);
    };
    const closes = async (opener: string | null | undefined) => {
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(focused).toBe(opener);
    };
    const share = page.getByRole('button', { name: 'share', exact: true });
    await share.focus();
    const opener = await focused();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await dialog.getByRole('radio', { name: 'Link', exact: true }).focus();
    for (const [section, atLeast] of [
      ['Link', 8],
      ['Figure', 4],
      ['Numbers', 5],
      ['Sessions', 4],
    ] as const) {
      await expect(dialog.getByRole('radio', { name: section, exact: true }).isChecked()).resolves.toBe(true);
      if (section === 'Figure') await dialog.getByRole('button', { name: 'Save as PNG', disabled: false }).waitFor();
      await walked(section, atLeast);
      await dialog.getByRole('radio', { name: section, exact: true }).focus();
      await page.keyboard.press('ArrowRight');
    }
    await closes(opener);

    await page.getByRole('button', { name: 'Help and shortcuts', exact: true }).focus();
    await page.keyboard.press('Enter');
    await dialog.locator('.glossary dt').first().waitFor();
    await walked('help', 3);
    await closes('Help and shortcuts');

    // A row's header is left of its first token, its pencil beside the flip.
    await page.getByRole('grid').first().locator('[tabindex="0"]').focus();
    for (let i = 0; i < 12 && !/^Edit/i.test((await focused()) ?? ''); i++) await page.keyboard.press('ArrowLeft');
    const edit = await focused();
    expect(edit).toMatch(/^Edit/i);
    await page.keyboard.press('Enter');
    await dialog.getByRole('textbox', { name: 'Response' }).waitFor();
    await walked('edit', 3);
    await closes(edit);
  });

  it('reaches every control of the inspector, of a lesson and of slow motion', { timeout: 120_000 }, async () => {
    const page = await lab.open({ reducedMotion: 'reduce' });
    await pin(page, 1, 1);
    await openWorking(page);
    await page.locator('.formula-line [data-term]').first().waitFor();
    const walked = async (place: string, stop: RegExp) => {
      const { faults, unreached, stops } = await walkByTab(page);
      expect([place, faults, unreached]).toEqual([place, [], []]);
      expect(stops.some((text) => stop.test(text))).toBe(true);
    };
    await walked('inspector', /Close the inspector/);
    await openRoom(page, 'Learn');
    await page.getByRole('button', { name: 'Slow motion', exact: true }).click();
    await page.getByRole('button', { name: 'Leave the lesson' }).waitFor();
    await page.getByRole('radio', { name: '10 s', exact: true }).check();
    await page.getByRole('button', { name: 'pause', exact: true }).click();
    await walked('slow motion', /go on/);
  });

  it('reads the matrix as a grid: named rows with their sums, columns and cells', async () => {
    const page = await lab.open();
    const tree = await page.getByRole('grid').first().ariaSnapshot();
    expect(tree).toMatch(/columnheader "response"/);
    expect(tree).toMatch(/columnheader "token 1"/);
    expect(tree).toMatch(/rowheader "response 1: (right|wrong), \d+ tokens, sum [+−]\d/);
    expect(tree).toMatch(/gridcell "response 1, token 1 '.' \(entropy, nats\) \d\.\d\d/);
    expect(await creditCell(page, 1, 1).getAttribute('aria-label')).toMatch(/^response 1, token 1 '.' \(credit\) [+−]\d\.\d\d/);
    await page.keyboard.press('t');
    await page
      .getByRole('gridcell', { name: /^token 1 '.' \(mean credit\) .*responses/ })
      .first()
      .waitFor();
  });

  it('walks the cells with arrows, pins with Enter and lets go with Escape', async () => {
    const page = await lab.open();
    await creditGrid(page).locator('[role="gridcell"][tabindex="0"]').focus();
    const name = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    const at = await name();
    await page.keyboard.press('ArrowRight');
    expect(await name()).toMatch(/token 2 /);
    await page.keyboard.press('ArrowLeft');
    expect(await name()).toBe(at);
    await page.keyboard.press('End');
    expect(await name()).not.toBe(at);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await name()).toMatch(/token [23] /);
    await page.keyboard.press('Enter');
    await inspector(page).waitFor();
    // The first Escape takes the cell's tooltip away, where one is open.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await inspector(page).waitFor({ state: 'detached' });
  });

  it('has the shortcuts that the help lists, and can switch them off', { timeout: 90_000 }, async () => {
    const page = await lab.open();
    const credit = () => creditGrid(page).innerText();
    const before = await credit();
    await page.keyboard.press('m');
    await expect.poll(credit).not.toBe(before);
    await page.keyboard.press('Shift+M');
    await expect.poll(credit).toBe(before);
    const step = await stepOf(page);
    await page.keyboard.press('n');
    await waitForStep(page, step + 1);
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    await help.waitFor();
    await help.getByRole('checkbox').or(help.getByRole('switch')).first().click();
    await page.keyboard.press('Escape');
    const still = await credit();
    await page.keyboard.press('m');
    await page.waitForTimeout(300);
    expect(await credit()).toBe(still);
  });
});

describe('small screens and quiet motion', () => {
  const lab = useLab();

  it.each([
    [390, 844],
    [320, 640],
  ])('reflows at %i × %i without scrolling sideways', async (width, height) => {
    const page = await lab.open({ viewport: { width, height }, cells: FEW });
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    const cells = await firstHeatmap(page, FEW);
    await cells.first().scrollIntoViewIfNeeded();
    expect(await page.getByRole('button', { name: /train it/ }).isVisible()).toBe(true);
  });

  it.each([
    [390, 844],
    [844, 390],
  ])(
    'shows the first cells at %i × %i without scrolling, and the inspector as a sheet that leaves the pinned cell in sight',
    async (width, height) => {
      const page = await lab.open({ viewport: { width, height }, hasTouch: true, isMobile: true, cells: FEW });
      const cell = creditGrid(page).getByRole('gridcell').first();
      const bottomOf = async () => (await cell.boundingBox())!.y + (await cell.boundingBox())!.height;
      await expect.poll(bottomOf).toBeLessThanOrEqual(height);
      await cell.tap();
      const sheet = page.locator('.side');
      await inspector(page).waitFor();
      await expect.poll(async () => (await bottomOf()) <= (await sheet.boundingBox())!.y).toBe(true);
      const body = page.locator('.inspector-body, .side').filter({ visible: true });
      expect(await body.evaluateAll((all) => all.some((element) => element.scrollHeight > element.clientHeight + 10))).toBe(true);
      await page.getByRole('button', { name: 'Close the inspector' }).tap();
      await inspector(page).waitFor({ state: 'detached' });
    },
  );

  it('loses nothing at 200 % zoom', async () => {
    const page = await lab.open({ viewport: { width: 640, height: 360 }, cells: FEW });
    const root = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    expect(root[0]).toBeLessThanOrEqual(root[1]);
    for (const name of ['One step', 'share', 'Help and shortcuts', 'prefix tree']) {
      const button = page.getByRole('button', { name, exact: true });
      await button.scrollIntoViewIfNeeded();
      expect(await button.isVisible(), name).toBe(true);
    }
    await pin(page, 1, 1);
    await inspector(page).getByText('credit', { exact: true }).first().scrollIntoViewIfNeeded();
    await page.getByRole('button', { name: 'Close the inspector' }).click();
  });

  it('cuts no words off where the reader widens the spacing of text', async () => {
    const page = await lab.open();
    await pin(page, 1, 1);
    const cut = await page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      // The values of WCAG 2.2, 1.4.12.
      sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }');
      document.adoptedStyleSheets.push(sheet);
      const isOwn = (element: Element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
      // A cell's number is in its name and in the inspector, a method's sentence whole in its card; a menu shows its names whole.
      return [...document.querySelectorAll<HTMLElement>('.page *:not(.visually-hidden, option, select)')]
        .filter(
          (element) => isOwn(element) && !element.closest('.mx-cell, .mx-hidden, .mx-corner, .rail-changes, .katex, svg, .visually-hidden'),
        )
        .filter((element) => {
          const { overflowX, overflowY } = getComputedStyle(element);
          const isCutX = /hidden|clip/.test(overflowX) && element.scrollWidth > element.clientWidth + 1;
          return isCutX || (/hidden|clip/.test(overflowY) && element.scrollHeight > element.clientHeight + 1);
        })
        .map((element) => `${element.className}: ${element.textContent?.slice(0, 40)}`);
    });
    expect(cut).toEqual([]);
  });

  it('lets a finger edit a response: a tap on the row header shows the button, the next opens it', async () => {
    const page = await lab.open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, cells: FEW });
    const header = page.locator('.mx-rowhead').first();
    const edit = header.locator('.mx-edit');
    const opacity = () => edit.evaluate((element) => getComputedStyle(element).opacity);
    expect(await opacity()).toBe('0');
    // The button lies over the words: the first tap must not open what nobody has seen.
    await header.locator('.mx-words').tap();
    await expect.poll(opacity).toBe('1');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await edit.tap();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Response' }).waitFor();
  });

  it('does not move where motion is not wanted', async () => {
    const page = await lab.open({ reducedMotion: 'reduce' });
    await page.keyboard.press('t');
    await page.keyboard.press('m');
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => Number(animation.effect?.getComputedTiming().activeDuration ?? 0) > 20)
        .map((animation) => String((animation.effect as KeyframeEffect | null)?.target?.className)),
    );
    expect(moving).toEqual([]);
  });

  it('moves by itself nowhere but in the pulse of the switch', async () => {
    const page = await lab.open();
    const moving = await page.evaluate(() =>
      document.getAnimations().map((animation) => String((animation.effect as KeyframeEffect | null)?.target?.className)),
    );
    expect(moving.every((name) => /invite|segment/.test(name))).toBe(true);
    await pressPlay(page);
    await waitForStep(page, (await stepOf(page)) + 1);
  });
});
