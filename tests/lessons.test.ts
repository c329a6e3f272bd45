/** Every page of every lesson, set up by the lab itself from the shipped recordings: what it says must hold in what it shows. */
import { describe, expect, it } from 'vitest';
import { LESSONS } from '../src/content/lessons/index.ts';
import { slowMotion } from '../src/content/lessons/slowMotion.ts';
import type { Lesson } from '../src/content/lessons/types.ts';
import { opened, paragraphs } from './support/lessonLab.ts';

const lessons: readonly Lesson[] = [...(await Promise.all(LESSONS.map(({ load }) => load()))), slowMotion(20)];
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
