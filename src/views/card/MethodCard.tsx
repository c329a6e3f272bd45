import { STATUS_WORDS } from '../../content/families.ts';
import type { Lane, Need } from '../../core/stages/types.ts';
import { MAX_LANES, shownLanes } from '../../state/lanes.ts';
import { tasksFor } from '../../state/needs.ts';
import { STAGE_NAMES } from '../../state/url.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { Deferred } from '../app/Deferred.tsx';
import { Lack } from '../app/Lack.tsx';
import { PaperLink } from '../app/PaperLink.tsx';
import { SecondNetworks } from './SecondNetworks.tsx';
import './card.css';

const loadPlanes = async () => (await import('../plane/Planes.tsx')).Planes;

/** What the viewed method is: its one sentence, its paper, what it changes, and the lanes that only it has. */
export function MethodCard() {
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const isLacking = useLabState((state) => state.derived !== null && state.derived.missing.length > 0);
  if (!method) return null;
  const { meta, stages, lanes } = method;
  const changed = STAGE_NAMES.filter((stage) => stage in stages);
  return (
    <section className="method-card" aria-label={`About ${meta.title}`}>
      <h2>{meta.fullName}</h2>
      <p>{meta.changes}</p>
      {isLacking && (
        <p className="method-lacks">
          <Lack />
        </p>
      )}
      <SecondNetworks />
      <SampledOtherwise />
      {lanes.length > 0 && <OwnLanes lanes={lanes} />}
      <Tasks needs={method.needs} />
      {method.planes && <Deferred load={loadPlanes} className="plane-wait" />}
      <p className="quiet">
        Changes {changed.length === 1 ? 'one stage' : `${changed.length} of the five stages`}: {changed.join(', ')}.{' '}
        <PaperLink paper={meta.paper} />. {STATUS_WORDS[meta.status]}
      </p>
    </section>
  );
}

function OwnLanes({ lanes }: { lanes: readonly Lane[] }) {
  const lab = useLab();
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const chosen = useLabState((state) => state.lanes);
  const shown = shownLanes(chosen, method);
  return (
    <div className="lane-chips" role="group" aria-label={`Lanes of ${method?.meta.title}`}>
      <span className="quiet">its lanes</span>
      {lanes.map(({ id, label, meaning }) => {
        const isShown = shown.includes(id);
        return (
          <button
            key={id}
            type="button"
            className="chip"
            aria-pressed={isShown}
            disabled={!isShown && shown.length >= MAX_LANES}
            title={meaning}
            onClick={() => lab.toggleLane(id)}
          >
            {label}
          </button>
        );
      })}
    </div>
  );
}

/** For a method that asks something of the task: the tasks that have it, one click away. */
function Tasks({ needs }: { needs: readonly Need[] }) {
  const lab = useLab();
  const taskId = useLabState((state) => state.taskId);
  const tasks = useLabState((state) => state.tasks);
  const givers = tasksFor(needs, tasks);
  if (!givers) return null;
  return (
    <div className="lane-chips" role="group" aria-label="Tasks for this method">
      <span className="quiet">its tasks</span>
      {givers.map(({ id, title }) => (
        <button key={id} type="button" className="chip" aria-pressed={id === taskId} onClick={() => void lab.selectTask(id)}>
          {title}
        </button>
      ))}
    </div>
  );
}

/** A sampling stage cannot be applied to samples that are there: the card says so, and a lane says how it would have drawn. */
function SampledOtherwise() {
  const methods = useLabState((state) => state.methods);
  const batch = useLabState((state) => state.batch);
  const supplier = useLabState((state) => state.derived?.composed.suppliers.sampling ?? null);
  if (!batch || supplier === null || batch.trainedWith?.method === supplier) return null;
  const drawnFor = methods[batch.trainedWith?.method ?? '']?.meta.title;
  const title = methods[supplier]?.meta.title ?? supplier;
  return (
    <p className="quiet">
      These samples were drawn {drawnFor ? `for ${drawnFor}` : 'without it'}: {title} would have sampled otherwise.
    </p>
  );
}
