import { useEffect, useRef, useState } from 'react';
import type { Lesson, LessonView } from '../../content/lessons/types.ts';
import type { Lab } from '../../state/lab.ts';
import { useLab } from '../app/labContext.ts';
import { lessonView, linkOfSet } from './lessonView.ts';

/** Brings the lab into the state of a page. */
async function enter(lab: Lab, lesson: Lesson, index: number): Promise<void> {
  const page = lesson.pages[index];
  const { set, keepsView, predict, isBeforeCredit, shownTokens } = page;
  if (keepsView) {
    lab.adjustView({
      ...(set.lanes ? { lanes: set.lanes } : {}),
      ...(set.show ? { creditLane: set.show } : {}),
      ...(set.update ? { update: set.update } : {}),
      shownTokens: shownTokens ?? null,
    });
  } else await lab.openView({ ...linkOfSet(set), lesson: { id: lesson.id, page: index } });
  await Promise.all((set.also ?? []).map(lab.needMethod));
  const arrived = lessonView(lab.store.getState());
  if (set.findPrompt && arrived) lab.showPrompt(set.findPrompt(arrived));
  const view = lessonView(lab.store.getState());
  if (set.pin && view) lab.setPin(set.pin(view));
  lab.setCovered(predict ? 'guess' : isBeforeCredit ? 'later' : null);
  lab.announce(`Page ${index + 1} of ${lesson.pages.length}: ${page.title}.`);
}

/** Enters a page when it is turned to; `start` is the view as the page set it. A link that says more than the lesson is left as it is. */
export function usePage(lesson: Lesson, index: number): { isReady: boolean; start: LessonView | null } {
  const lab = useLab();
  const [ready, setReady] = useState<{ key: string; start: LessonView | null } | null>(null);
  const key = `${lesson.id} ${index}`;
  const isFirst = useRef(true);
  useEffect(() => {
    let isCurrent = true;
    const done = (): void => {
      if (isCurrent) setReady({ key, start: lessonView(lab.store.getState()) });
    };
    const isAsLinked = isFirst.current && !lab.isPlainView();
    isFirst.current = false;
    if (isAsLinked) done();
    else
      void enter(lab, lesson, index).then(done, (error: Error) => {
        lab.notify({ id: 'lesson', level: 'error', text: `This page of the lesson could not be set up: ${error.message}` });
        done();
      });
    return () => {
      isCurrent = false;
    };
  }, [lab, lesson, index, key]);
  return { isReady: ready?.key === key, start: ready?.key === key ? ready.start : null };
}
