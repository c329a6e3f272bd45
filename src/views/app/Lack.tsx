import { measuresFor } from '../../core/measures.ts';
import { needSentence, needWords, remedyFor } from '../../state/needs.ts';
import { TruthStatus } from '../truth/TruthStatus.tsx';
import { useLab, useLabState } from './labContext.ts';

/** What the oracle finds without a step of training. */
const TRUTHS: ReadonlySet<string> = new Set(['trueValues', 'trueAdvantages']);

const complete = async (...args: Parameters<typeof import('../../state/complete.ts').completeShown>) =>
  (await import('../../state/complete.ts')).completeShown(...args);

/**
 * What the viewed method needs and this batch lacks, and the buttons that give it: a task that has it, the engine that computes it for
 * this batch, or a step of training.
 */
export function Lack() {
  const lab = useLab();
  const derived = useLabState((state) => state.derived);
  const tasks = useLabState((state) => state.tasks);
  const taskId = useLabState((state) => state.taskId);
  const models = useLabState((state) => state.run.models);
  if (!derived || derived.missing.length === 0) return null;
  if (derived.missing.every((need) => TRUTHS.has(need))) return <TruthStatus />;
  const { meta, trains, needWords: own } = derived.composed.method;
  const { measures, unfilled } = measuresFor(derived.missing, derived.composed.measures(derived.knobs));
  const isNew = measures.some(({ kind }) => kind === 'models') && !models.some(({ updates }) => updates > 0);
  const fresh = isNew ? derived.composed.models.map(({ title }) => title.toLowerCase()) : [];
  const remedy = remedyFor(derived.missing, tasks, trains, taskId);
  return (
    <span>
      {needSentence(meta.title, derived.missing, own)}{' '}
      {fresh.length > 0 && `Its ${fresh.join(' and ')} is new and knows nothing yet: training teaches it. `}
      <span className="remedies">
        {remedy.tasks.map(({ id, title }) => (
          <button key={id} type="button" className="button" onClick={() => void lab.selectTask(id)}>
            switch to {title}
          </button>
        ))}
        {unfilled.length === 0 && remedy.tasks.length === 0 && (
          <button type="button" className="button" onClick={() => void complete(lab)}>
            compute {needWords(derived.missing, own)} for this batch
          </button>
        )}
        {remedy.canTrain && (
          <button type="button" className="button" onClick={() => void lab.setTrainMethod(meta.id).then(() => lab.step())}>
            train one step with {meta.title}
          </button>
        )}
      </span>
    </span>
  );
}
