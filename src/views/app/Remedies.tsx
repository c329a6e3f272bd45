import { remedyFor } from '../../state/needs.ts';
import { useLab, useLabState } from './labContext.ts';

/** Buttons that give the viewed method what this batch lacks: a task that has it, or a step of training. Nothing where nothing is missing. */
export function Remedies() {
  const lab = useLab();
  const derived = useLabState((state) => state.derived);
  const tasks = useLabState((state) => state.tasks);
  const taskId = useLabState((state) => state.taskId);
  if (!derived || derived.missing.length === 0) return null;
  const { meta, trains } = derived.composed.method;
  const remedy = remedyFor(derived.missing, tasks, trains, taskId);
  return (
    <span className="remedies">
      {remedy.tasks.map(({ id, title }) => (
        <button key={id} type="button" className="button" onClick={() => void lab.selectTask(id)}>
          switch to {title}
        </button>
      ))}
      {remedy.canTrain && (
        <button type="button" className="button" onClick={() => void lab.setTrainMethod(meta.id).then(() => lab.step())}>
          train one step with {meta.title}
        </button>
      )}
    </span>
  );
}
