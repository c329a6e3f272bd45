/** The lab itself over the shipped files, without a browser: a page of a lesson as a reader meets it. */
import { readFileSync } from 'node:fs';
import type { LessonPage, LessonView, Paragraph } from '../../src/content/lessons/types.ts';
import type { LabDeps } from '../../src/state/context.ts';
import { createLab } from '../../src/state/lab.ts';
import { lessonView, linkOfSet } from '../../src/views/lessons/lessonView.ts';

const files: LabDeps = {
  now: () => 0,
  later: () => undefined,
  frame: (run) => run(),
  async fetchFile(path) {
    const file = readFileSync(new URL(`../../public/${path}`, import.meta.url));
    return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  },
  createEngine: () => Promise.reject(new Error('No page of a lesson starts a worker by itself.')),
  wasmBase: './',
};

const lab = createLab(files);
await lab.open();

/** The view of a page once the lab has been brought there. */
export async function opened(page: LessonPage): Promise<LessonView> {
  if (!page.keepsView) await lab.openView(linkOfSet(page.set));
  await Promise.all((page.set.also ?? []).map(lab.needMethod));
  const arrived = lessonView(lab.store.getState())!;
  if (page.set.findPrompt) lab.showPrompt(page.set.findPrompt(arrived));
  if (page.set.pin) lab.setPin(page.set.pin(lessonView(lab.store.getState())!));
  return lessonView(lab.store.getState())!;
}

/** All sentences of a page. */
export const paragraphs = ({ say, predict, tryIt }: LessonPage): readonly Paragraph[] => [
  ...say,
  ...(predict ? [predict.reveal] : []),
  ...(tryIt ? [tryIt.say] : []),
];

/** A sentence as it is read. */
export const read = ({ words, facts }: Paragraph, view: LessonView): string =>
  words.map((text, i) => text + (facts[i]?.(view).text ?? '')).join('');
