import { useStore } from 'zustand';
import { METHODS } from '../../core/methods/index.ts';
import type { Race } from '../../state/race.ts';
import type { Entrant, RaceRun, RaceState } from '../../state/raceTypes.ts';
import { mixesOfBrowser } from '../../state/mixes.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { LineSample } from './LineSample.tsx';
import { entrantById, entrantOfLab, entrantOfMix } from './useRace.ts';

/** How far an entrant's runs are, in words; what went wrong comes first. */
function progressOf(runs: readonly RaceRun[]): string {
  const failed = runs.find(({ status }) => status === 'failed');
  if (failed) return `${failed.seed} failed: ${failed.failure}`;
  const over = runs.filter(({ status }) => status === 'over');
  const ended = over.filter(({ stopped }) => stopped !== null).length;
  const early = ended > 0 ? `, ${ended} ended early` : '';
  if (over.length === runs.length) return `done, ${runs.length} ${runs.length === 1 ? 'seed' : 'seeds'}${early}`;
  const running = runs.filter(({ status }) => status === 'running');
  const at = running.map(({ seed, laps }) => `${seed} at step ${laps.at(-1)?.step ?? 0}`);
  return `${over.length} of ${runs.length} seeds${at.length > 0 ? `, ${at.join(', ')}` : ''}${early}`;
}

/** Who takes part: each with its line, how far it is, and a way out; and a way in for others. */
export function Entrants({ race, state }: { race: Race; state: RaceState }) {
  return (
    <section aria-label="Entrants">
      <ul className="race-entrants">
        {state.entrants.map((entrant) => (
          <EntrantRow
            key={entrant.key}
            entrant={entrant}
            runs={state.runs.filter((run) => run.entrant === entrant.key)}
            onRemove={() => void race.remove(entrant.key)}
          />
        ))}
      </ul>
      <AddEntrant race={race} state={state} />
    </section>
  );
}

function EntrantRow({ entrant, runs, onRemove }: { entrant: Entrant; runs: readonly RaceRun[]; onRemove: () => void }) {
  const reason = runs.find(({ stopped }) => stopped !== null)?.stopped ?? undefined;
  return (
    <li className="race-entrant">
      <LineSample line={entrant.line} />
      <span>
        {entrant.label}
        <span className="quiet race-progress" title={reason}>
          {progressOf(runs)}
        </span>
      </span>
      <IconButton label={`Take ${entrant.label} out of the race`} onClick={onRemove}>
        ×
      </IconButton>
    </li>
  );
}

type Choice = { kind: 'method'; id: string } | { kind: 'mix'; id: number } | { kind: 'lab' };

function AddEntrant({ race, state }: { race: Race; state: RaceState }) {
  const lab = useLab();
  const mixes = useStore(mixesOfBrowser().store, ({ list }) => list);
  const hasOwn = useLabState(({ trainMix, overrides }) => Object.keys(trainMix).length > 0 || Object.keys(overrides).length > 0);
  const inRace = (id: string): boolean => state.entrants.some(({ method }) => method.id === id && Object.keys(method.mix).length === 0);
  const entrantOf = (choice: Choice): Promise<Entrant> => {
    if (choice.kind === 'method') return entrantById(choice.id);
    const saved = choice.kind === 'mix' ? mixes.find(({ id }) => id === choice.id) : undefined;
    return saved ? entrantOfMix(saved.name, saved.method, saved.mix) : entrantOfLab(lab.store.getState());
  };
  const add = async (choice: Choice): Promise<void> => {
    try {
      await race.add(await entrantOf(choice));
    } catch (error) {
      lab.notify({ id: 'race', level: 'error', text: `It could not be added: ${(error as Error).message} Try again.` });
    }
  };
  const option = (choice: Choice): string => JSON.stringify(choice);
  return (
    <label className="select race-add">
      <span className="visually-hidden">Add a method to the race</span>
      <select value="" onChange={(event) => void add(JSON.parse(event.currentTarget.value) as Choice)}>
        <option value="" disabled>
          + add a method
        </option>
        {hasOwn && <option value={option({ kind: 'lab' })}>as the lab trains now: its mix and knobs</option>}
        {mixes.map(({ id, name }) => (
          <option key={id} value={option({ kind: 'mix', id })}>
            {name} (saved mix)
          </option>
        ))}
        {METHODS.map(({ id, title }) => (
          <option key={id} value={option({ kind: 'method', id })} disabled={inRace(id)}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
