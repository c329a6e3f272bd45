import { LESSONS, SLOW_MOTION } from '../../content/lessons/index.ts';
import { useLab } from '../app/labContext.ts';
import './lessons.css';

/** The lessons, in the order in which they build on each other, and slow motion for any view. */
export function LessonList() {
  const lab = useLab();
  const open = (id: string): void => {
    lab.setWorkspace('lab');
    lab.setLesson({ id, page: 0 });
  };
  return (
    <div className="lesson-list">
      <ol>
        {LESSONS.map(({ id, title, purpose, minutes }) => (
          <li key={id}>
            <button type="button" className="lesson-card" onClick={() => void lab.openView({}).then(() => open(id))}>
              <strong>{title}</strong>
              <span>{purpose}</span>
              <span className="quiet">{minutes} minutes</span>
            </button>
          </li>
        ))}
      </ol>
      <p>
        <button type="button" className="button" onClick={() => open(SLOW_MOTION)}>
          Slow motion
        </button>{' '}
        takes one update step apart, stage by stage, with the method and the samples that the lab shows now. Page down goes on, as do the
        keys of a clicker, or a pace that you choose; <kbd>L</kbd> makes everything larger for the back row.
      </p>
    </div>
  );
}
