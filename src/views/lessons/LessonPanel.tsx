import { useEffect, useMemo, useRef, useState } from 'react';
import { loadLesson, SLOW_MOTION } from '../../content/lessons/index.ts';
import type { Lesson, LessonPage, LessonView } from '../../content/lessons/types.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { showAboveSheet } from '../app/sheet.ts';
import type { CellRef } from '../matrix/types.ts';
import { Countdown } from './Countdown.tsx';
import { lessonView } from './lessonView.ts';
import { Pace } from './Pace.tsx';
import { Prediction } from './Prediction.tsx';
import { Say } from './Say.tsx';
import { usePage } from './usePage.ts';
import { useSpotlight } from './useSpotlight.ts';
import './lessons.css';

interface LessonPanelProps {
  onHighlight: (cells: readonly CellRef[] | null) => void;
}

/** The lesson beside the lab: one short page at a time, turned by its buttons or a clicker. */
export function LessonPanel({ onHighlight }: LessonPanelProps) {
  const lab = useLab();
  const place = useLabState((state) => state.lesson);
  const maxTokens = useLabState((state) => state.task?.maxTokens ?? 0);
  const id = place?.id ?? '';
  const [lesson, setLesson] = useState<Lesson | null>(null);
  useEffect(() => {
    let isCurrent = true;
    loadLesson(id, maxTokens).then(
      (found) => {
        if (!isCurrent) return;
        if (found) return setLesson(found);
        lab.notify({ id: 'lesson', level: 'warning', text: `There is no lesson "${id}": choose one under Learn.` });
        lab.setLesson(null);
      },
      () => lab.notify({ id: 'lesson', level: 'error', text: 'The lesson did not arrive. Check the connection and open it again.' }),
    );
    return () => {
      isCurrent = false;
    };
  }, [id, maxTokens, lab]);
  if (!place || lesson?.id !== id) return <div className="lesson" aria-busy="true" />;
  return <OpenLesson lesson={lesson} index={Math.min(place.page, lesson.pages.length - 1)} onHighlight={onHighlight} />;
}

interface OpenLessonProps extends LessonPanelProps {
  lesson: Lesson;
  index: number;
}

function OpenLesson({ lesson, index, onHighlight }: OpenLessonProps) {
  const lab = useLab();
  const page = lesson.pages[index];
  const covered = useLabState((state) => state.covered === 'guess');
  const { isReady, start } = usePage(lesson, index);
  const view = useView();
  useSpotlight(isReady ? page.highlight : undefined);
  useEffect(() => {
    if (isReady) showAboveSheet('.credit-header');
  }, [isReady]);
  const last = lesson.pages.length - 1;
  const turn = (by: 1 | -1): void => {
    const next = index + by;
    if (by > 0 && covered) lab.setCovered(null);
    else if (next >= 0 && next <= last) lab.setLesson({ id: lesson.id, page: next });
  };
  // Clickers send these two keys. The last handler is the one that knows the page.
  const turnNow = useRef(turn);
  turnNow.current = turn;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== 'PageDown' && event.key !== 'PageUp') return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      event.stopPropagation();
      turnNow.current(event.key === 'PageDown' ? 1 : -1);
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, []);
  return (
    <section className="lesson" aria-label={`Lesson: ${lesson.title}`} aria-busy={!isReady}>
      <div className="lesson-head">
        <p className="quiet">
          {lesson.title} · {index + 1}/{lesson.pages.length}
        </p>
        <button
          type="button"
          className="icon-button"
          aria-label="Leave the lesson"
          title="Leave the lesson"
          onClick={() => lab.setLesson(null)}
        >
          ✕
        </button>
      </div>
      <h2>{page.title}</h2>
      {isReady && view && (
        <>
          <div className="lesson-words">
            {page.say.map((paragraph, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the paragraphs of a page never change places
              <Say key={i} paragraph={paragraph} view={view} />
            ))}
          </div>
          {page.predict && <Prediction key={index} predict={page.predict} view={view} onHighlight={onHighlight} />}
          {page.tryIt && <TryIt tryIt={page.tryIt} view={view} start={start} />}
        </>
      )}
      <div className="lesson-turn">
        <button type="button" className="button" disabled={index === 0} onClick={() => turn(-1)} title="Page up">
          ◂ back
        </button>
        {covered && <Countdown />}
        <button type="button" className="button is-primary" disabled={index === last && !covered} onClick={() => turn(1)} title="Page down">
          {covered ? 'reveal' : index === last ? 'the end' : 'next ▸'}
        </button>
      </div>
      {lesson.id === SLOW_MOTION && <Pace page={index} isReady={isReady} isLast={index === last} onTurn={() => turn(1)} />}
      {index === last && !covered && <TeachersNotes lesson={lesson} />}
    </section>
  );
}

/** What is on the screen, worked out anew when it changes. */
function useView(): LessonView | null {
  const lab = useLab();
  const batch = useLabState((state) => state.batch);
  const derived = useLabState((state) => state.derived);
  const rest = useLabState((state) =>
    [state.group, state.viewMethod, state.trainMethod, state.creditLane, state.update, state.tree, state.workspace, state.step].join(),
  );
  const pin = useLabState((state) => state.landedPin);
  const edits = useLabState((state) => state.edits);
  const overrides = useLabState((state) => state.overrides);
  const lanes = useLabState((state) => state.lanes);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is read from the store; these say when it may have changed
  return useMemo(() => lessonView(lab.store.getState()), [lab, batch, derived, rest, pin, edits, overrides, lanes]);
}

interface TryItProps {
  tryIt: NonNullable<LessonPage['tryIt']>;
  view: LessonView;
  start: LessonView | null;
}

/** Something to do, recognised when it is done; once done it stays so. */
function TryIt({ tryIt, view, start }: TryItProps) {
  const done = useRef<LessonView | null>(null);
  if (start && done.current !== start && view !== start && tryIt.isDone(view, start)) done.current = start;
  const isDone = start !== null && done.current === start;
  return (
    <div className="lesson-try" data-done={isDone || undefined}>
      <p className="lesson-kind">
        {isDone ? '✓ done' : 'Try it'}
        <span className="visually-hidden" role="status">
          {isDone ? 'Done.' : ''}
        </span>
      </p>
      <Say paragraph={tryIt.say} view={view} />
    </div>
  );
}

function TeachersNotes({ lesson }: { lesson: Lesson }) {
  return (
    <details className="lesson-notes">
      <summary>For the teacher: notes and answers</summary>
      <ul>
        {lesson.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
      <h3>Answers</h3>
      <ol>
        {lesson.answers.map((answer) => (
          <li key={answer}>{answer}</li>
        ))}
      </ol>
    </details>
  );
}
