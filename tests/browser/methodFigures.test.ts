/** What methods draw of a pinned token, beside numbers worked out by hand. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../../src/core/batch.ts';
import { addTexts, forcedTexts } from '../../src/core/forced.ts';
import { CANDIDATE_VALUES } from '../../src/core/stages/valueSampling.ts';
import { JOINT_HEAD, TEACHER_LOGITS } from '../../src/core/stages/jointHead.ts';
import { violations } from './axe.ts';
import { useLab } from './harness.ts';
import { inspector } from './page.ts';
import { serveRecording } from './recording.ts';
import { smallGroup } from './smallGroup.ts';

const V = 16;
const LN87 = 4.465908118654584;
/** Places in the vocabulary 0123456789+=SD>. */
const [PLUS, EQUALS, S, D, END] = [10, 11, 12, 13, 15];

/**
 * The small group with what the three methods ask for:
 *
 *   ZIP-RC  30 cells a token, logit 0. Before the first token the one that came true, reward 1 and 6 more tokens, has ln 87:
 *           87 / (87 + 29) = 75 %, the others 1/116 = 0.9 %. E[reward] = 0.75 + 5/116 + (0.25 + 0.5 + 0.75) · 6/116 = 0.87.
 *   VAS     the first token: V(S) = 0.75, V(D) = 0.25, the others 0.5, so their mean is 0.5 and β = 3 moves S by 0.75, D by −0.75.
 *           14 e^0.75 = 29.64 and 14 e^−0.75 = 6.61 of 29.64 + 6.61 + 14 = 50.25: 33 → 59 % and 33 → 13 %; others 2.4 → 2.0 %.
 *   RMT     the text 1+9+8+3=D1. after its first token, at t = 100 of 200: B = ⌊8 · 0.2^0.5⌋ = ⌊3.58⌋ = 3.
 */
function measuredGroup(): RolloutBatch {
  const { logitsAfter: _, updates: __, ...batch } = smallGroup();
  const count = batch.tokens.length;
  const joint = new Float64Array(count * 30);
  joint[4 * 6 + 3] = LN87;
  const candidates = new Float64Array(count * V).fill(0.5);
  candidates[S] = 0.75;
  candidates[D] = 0.25;
  const teacher = Float64Array.from(batch.logits?.data ?? []);
  const texts = forcedTexts([
    { kind: 'corpus', group: 0, context: [1], tokens: [PLUS, 9, PLUS, 8, PLUS, 3, EQUALS, D, 1, END], chosen: [7, 8] },
  ]);
  const fields = {
    oldEntropies: Float64Array.of(0.12, 2.3, 0.12, 2.25, 0.12, 2.2, 0.12, 0.7, 2.1, 0),
    oldLogprobs: Float64Array.of(-0.1, -2.5, -0.1, -12.4, -0.1, -2.4, -0.1, -0.8, -2.2, 0),
  };
  return {
    ...batch,
    updates: [],
    draw: { seed: 1, step: 100 },
    fields: { ...batch.fields, values: new Float64Array(count).fill(0.5) },
    measured: {
      [JOINT_HEAD]: { level: 'token', width: 30, values: joint },
      [TEACHER_LOGITS]: { level: 'token', width: V, values: teacher },
      [CANDIDATE_VALUES]: { level: 'token', width: V, values: candidates },
    },
    forced: addTexts(undefined, { ...texts, fields }),
  };
}

/** A table of the inspector as printed, row by row, the name in front. */
const printed = (page: Page, table: string): Promise<string[][]> =>
  inspector(page)
    .locator(table)
    .locator('tr')
    .evaluateAll((rows) =>
      rows.map((row) => [...(row as HTMLTableRowElement).cells].map((cell) => cell.innerText.replace(/\s+/g, ' ').trim())),
    );

const FIGURES: readonly [method: string, table: string, look: (page: Page) => Promise<void>][] = [
  [
    'zip-rc',
    '.figure-grid',
    async (page) => {
      const rows = await printed(page, '.figure-grid');
      expect(rows[0]).toEqual(['reward', '0', '1', '2–3', '4–7', '8–15', '16–31']);
      expect(rows[1]).toEqual(['1', '0.9', '0.9', '0.9', '75 came true', '0.9', '0.9']);
      for (const [k, reward] of ['0.75', '0.5', '0.25', '0'].entries()) expect(rows[2 + k]).toEqual([reward, ...Array(6).fill('0.9')]);
      await inspector(page).getByText('Before this token: reward 0.87,').waitFor();
    },
  ],
  [
    'vas',
    '.figure-bars',
    async (page) => {
      const rows = await printed(page, '.figure-bars');
      expect(rows[1]).toEqual(['S drawn', '33 → 59 %', '0.75', '2.64 → 3.39']);
      expect(rows[2]).toEqual(['D', '33 → 13 %', '0.25', '2.64 → 1.89']);
      expect(rows[3]).toEqual([expect.anything(), '2.4 → 2.0 %', '0.50', '0.00 → 0.00']);
      expect(rows).toHaveLength(1 + V);
    },
  ],
  [
    'rmt',
    '.figure-strip',
    async (page) => {
      const [text, entropy, surprise, tier, learner] = await printed(page, '.figure-strip');
      expect(text).toEqual(['text', '+', '9', '+', '8', '+', '3', '=', 'D', '1', '.']);
      expect(entropy).toEqual(['entropy', '0.1', '2.3', '0.1', '2.3', '0.1', '2.2', '0.1', '0.7', '2.1', '0.0']);
      expect(surprise).toEqual(['surprise', '0.1', '2.5', '0.1', '12', '0.1', '2.4', '0.1', '0.8', '2.2', '0.0']);
      const [easy, medium, hard, rollouts, next] = ['easy', 'medium', 'hard', 'rollouts', 'next-token loss'].map(
        (name) => `${name[0]} ${name}`,
      );
      expect(tier).toEqual(['tier', easy, hard, easy, hard, easy, hard, easy, medium, hard, easy]);
      expect(learner).toEqual(['learnt by', next, next, next, next, next, next, next, rollouts, rollouts, next]);
      await inspector(page).getByText('of the 4 hard tokens in this step’s texts 3 stand in the prompts').waitFor();
      await inspector(page)
        .getByRole('img', { name: /tokens against steps taken: 3 at 100, from 8 at 0 to 1 at 200$/ })
        .waitFor();
    },
  ],
];

describe('what a method draws of a pinned token', () => {
  const lab = useLab();
  it.each(FIGURES)('has the numbers of %s, passes axe and fits the screen', { timeout: 60_000 }, async (method, table, look) => {
    const page = await lab.open({
      query: `#v=2&method=${method}&pin=1.1.1`,
      before: (blank) => serveRecording(blank, measuredGroup()),
    });
    await inspector(page).locator(table).scrollIntoViewIfNeeded();
    await look(page);
    for (const [width, height] of [
      [1280, 720],
      [390, 844],
    ]) {
      await page.setViewportSize({ width, height });
      await inspector(page).locator(table).scrollIntoViewIfNeeded();
      expect(await violations(page)).toEqual([]);
      const over = await page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll('.inspector, .inspector-body')]
          .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
          .map(({ className, tagName }) => `${tagName} ${className}`),
      );
      expect(over, `${width} × ${height}`).toEqual([]);
    }
  });
});
