import { useEffect, useMemo } from 'react';
import type { LessonPage, LessonView } from '../../content/lessons/types.ts';
import { glyphs } from '../../core/tasks/index.ts';
import { useLabState } from '../app/labContext.ts';
import type { CellRef } from '../matrix/types.ts';
import { Say } from './Say.tsx';

interface PredictionProps {
  predict: NonNullable<LessonPage['predict']>;
  view: LessonView;
  onHighlight: (cells: readonly CellRef[] | null) => void;
}

/** The question while credit is covered; then the answer, ringed in the matrix, beside what was clicked. */
export function Prediction({ predict, view, onHighlight }: PredictionProps) {
  const covered = useLabState((state) => state.covered === 'guess');
  const answers = useMemo(() => (covered ? null : predict.answer(view)), [covered, predict, view]);
  useEffect(() => {
    onHighlight(answers);
    return () => onHighlight(null);
  }, [answers, onHighlight]);
  const { pin } = view;
  const guess = pin ? glyphOf(view, pin) : null;
  if (covered) {
    return (
      <div className="lesson-predict">
        <p className="lesson-kind">Predict</p>
        <p>{predict.question}</p>
        <p className="quiet" role="status">
          {guess ? (
            <>
              chosen: <code>{guess}</code> of answer {(pin?.response ?? 0) + 1}
            </>
          ) : (
            'Click the token that you mean.'
          )}
        </p>
      </div>
    );
  }
  const isRight = pin !== null && answers?.some(({ response, position }) => response === pin.response && position === pin.position);
  return (
    <div className="lesson-predict" data-done>
      <p className="lesson-kind">{guess === null ? 'Revealed' : isRight ? '✓ as predicted' : 'Not quite'}</p>
      <Say paragraph={predict.reveal} view={view} />
    </div>
  );
}

function glyphOf({ task, batch }: LessonView, { group, response, position }: NonNullable<LessonView['pin']>): string | null {
  const row = batch.responses[batch.groups[group]?.start + response];
  return row && row.start + position < row.end ? glyphs(task, [batch.tokens[row.start + position]]) : null;
}
