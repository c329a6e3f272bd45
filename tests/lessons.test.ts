/** Every page of every lesson, set up by the lab itself from the shipped recordings: what it says must hold in what it shows. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LESSONS } from '../src/content/lessons/index.ts';
import { slowMotion } from '../src/content/lessons/slowMotion.ts';
import type { Lesson, LessonPage, Paragraph } from '../src/content/lessons/types.ts';
import type { LabDeps } from '../src/state/context.ts';
import { createLab } from '../src/state/lab.ts';
import { lessonView, linkOfSet } from '../src/views/lessons/lessonView.ts';

const files: LabDeps = {
  now: () => 0,
  later: () => undefined,
  frame: (run) => run(),
  async fetchFile(path) {
    const file = readFileSync(new URL(`../public/${path}`, import.meta.url));
    return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  },
  createEngine: () => Promise.reject(new Error('No page of a lesson starts a worker by itself.')),
  wasmBase: './',
};

const lessons: readonly Lesson[] = [...(await Promise.all(LESSONS.map(({ load }) => load()))), slowMotion(20)];
const paragraphs = ({ say, predict, tryIt }: LessonPage): readonly Paragraph[] => [
  ...say,
  ...(predict ? [predict.reveal] : []),
  ...(tryIt ? [tryIt.say] : []),
];

const lab = createLab(files);
await lab.open();

/** The page as a reader meets it. */
async function opened(page: LessonPage) {
  if (!page.keepsView) await lab.openView(linkOfSet(page.set));
  await Promise.all((page.set.also ?? []).map(lab.needMethod));
  const arrived = lessonView(lab.store.getState())!;
  if (page.set.findPrompt) lab.showPrompt(page.set.findPrompt(arrived));
  if (page.set.pin) lab.setPin(page.set.pin(lessonView(lab.store.getState())!));
  return lessonView(lab.store.getState())!;
}

describe.each(lessons.map((lesson) => [lesson.id, lesson] as const))('lesson %s', (_, lesson) => {
  it('is listed as it is', () => {
    const entry = LESSONS.find(({ id }) => id === lesson.id);
    if (entry)
      expect({ ...entry, load: null }).toEqual({
        id: lesson.id,
        title: lesson.title,
        purpose: lesson.purpose,
        minutes: lesson.minutes,
        load: null,
      });
  });

  it.each(lesson.pages.map((page) => [page.title, page] as const))('%s', async (_title, page) => {
    // No number in a lesson is typed: the words between the facts hold no figure.
    for (const { words } of paragraphs(page)) for (const text of words) expect(text).not.toMatch(/\d/);
    const view = await opened(page);
    for (const { claim, test } of page.holds ?? []) expect(test(view), claim).toBe(true);
    if (page.predict) {
      const answers = page.predict.answer(view);
      // A question that every token answers is none.
      const tokens = view.batch.groups[view.group];
      const all = view.batch.responses.slice(tokens.start, tokens.end).reduce((sum, { start, end }) => sum + end - start, 0);
      if (lesson.id !== 'overthinking') expect(answers.length).toBeGreaterThan(0);
      expect(answers.length).toBeLessThan(all);
    }
    if (page.set.pin) expect(view.pin, 'the pinned token').not.toBeNull();
    // What the screen cannot give yet is a lesson about training; all other facts are there at once.
    if (lesson.id !== 'dense-rewards') {
      for (const { facts } of paragraphs(page)) {
        for (const fact of facts) {
          const { kind, text, value } = fact(view);
          expect(text).not.toBe('');
          if (kind === 'number') expect(value, `a fact of "${page.title}"`).not.toBeNaN();
          if (kind === 'code') expect(text).not.toBe('∅');
        }
      }
    }
    expect(page.tryIt?.isDone(view, view) ?? false, 'nothing is done before it was tried').toBe(false);
  });
});
