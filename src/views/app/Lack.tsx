import { needSentence, remedyFor } from '../../state/needs.ts';
import { TruthStatus } from '../truth/TruthStatus.tsx';
import { useLab, useLabState } from './labContext.ts';

/** What the oracle finds without a step of training. */
const TRUTHS: ReadonlySet<string> = new Set(['trueValues', 'trueAdvantages']);

/** What the viewed method needs and this batch lacks, and the buttons that give it: a task that has it, or a step of training. */
export function Lack() {
  const lab = useLab();
  const derived = useLabState((state) => state.derived);
  const tasks = useLabState((state) => state.tasks);
  const taskId = useLabState((state) => state.taskId);
  if (!derived || derived.missing.length === 0) return null;
  if (derived.missing.every((need) => TRUTHS.has(need))) return <TruthStatus />;
  const { meta, trains } = derived.composed.method;
  const remedy = remedyFor(derived.missing, tasks, trains, taskId);
  return (
    <span>
      {needSentence(meta.title, derived.missing)}{' '}
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
    </span>
  );
}
