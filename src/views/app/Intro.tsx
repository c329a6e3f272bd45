import { glyphs } from '../../core/tasks/index.ts';
import { useLabState } from './labContext.ts';
import { sentenceCase, timesWord } from '../sentence/words.ts';

/** The question of the page, what was asked and answered, and how to read the glyphs. */
export function Intro() {
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.batch?.groups[state.group] ?? null);
  const hasFailed = useLabState((state) => state.notices.some(({ id }) => id === 'load'));
  return (
    <div className="intro">
      <h1>One reward at the end. Which token earned it?</h1>
      <p className="intro-line">
        {task && group ? (
          <>
            The model answered <code className="prompt-text">{glyphs(task, group.prompt)}</code> {timesWord(group.end - group.start)}.{' '}
            <Legend text={task.meta.legend} />
          </>
        ) : hasFailed ? (
          'There is no step to show yet.'
        ) : (
          'Loading a recorded step …'
        )}
      </p>
    </div>
  );
}

/** The task's own line of explanation, as one sentence. It may open with a glyph, which has no other case. */
function Legend({ text }: { text: string }) {
  return <span className="intro-legend">{/^[a-z]{2}/.test(text) ? sentenceCase(text) : text}.</span>;
}
