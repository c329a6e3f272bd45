import { useState } from 'react';
import { hasBegun } from '../../state/race.ts';
import type { Race } from '../../state/race.ts';
import type { RaceSetup, RaceState } from '../../state/raceTypes.ts';
import { formatCompact } from '../../ui/number.ts';
import { Select } from '../../ui/Select.tsx';
import { useLabState } from '../app/labContext.ts';

interface ControlsProps {
  race: Race;
  state: RaceState;
  setup: RaceSetup;
}

const NUMBERS = [
  { id: 'seeds', label: 'seeds each', min: 1, max: 20 },
  { id: 'steps', label: 'steps', min: 1, max: 1000 },
  { id: 'every', label: 'measured every', min: 1, max: 100 },
  { id: 'prompts', label: 'held-out prompts', min: 16, max: 1024 },
] as const;

/** What the race is run with, and its buttons. Results belong to their settings: once there are some, only the seeds may change. */
export function RaceControls({ race, state, setup }: ControlsProps) {
  const begun = hasBegun(state);
  const checkpoints = useLabState((lab) => lab.checkpoints);
  const taskId = useLabState((lab) => lab.taskId);
  const { prompts, groupSize, epochs, minibatches, learningRate, temperature } = setup.settings;
  const options = checkpoints.map(({ checkpoint, label }) => ({ id: checkpoint, label }));
  const here = taskId === setup.task && options.some(({ id }) => id === setup.checkpoint);
  return (
    <section className="race-setup" aria-label="Settings of the race">
      <Select
        label="from"
        value={setup.checkpoint}
        disabled={begun}
        options={here ? options : [{ id: setup.checkpoint, label: `${setup.task}: ${setup.checkpointLabel}` }]}
        onChange={(checkpoint) =>
          void race.configure({ checkpoint, checkpointLabel: options.find(({ id }) => id === checkpoint)?.label ?? checkpoint })
        }
      />
      <div className="race-numbers">
        {NUMBERS.map((number) => (
          <NumberField
            key={number.id}
            {...number}
            value={setup[number.id]}
            disabled={begun && number.id !== 'seeds'}
            onCommit={(value) => void race.configure({ [number.id]: value })}
          />
        ))}
      </div>
      <p className="quiet race-settings">
        {setup.task} · {prompts} × {groupSize} samples a step · {epochs} × {minibatches} updates · rate {formatCompact(learningRate)} · T{' '}
        {formatCompact(temperature)}
        {begun ? '' : ': as in the lab'} · {state.workers} {state.workers === 1 ? 'worker' : 'workers'}
      </p>
      <Buttons race={race} state={state} />
      {state.note && (
        <p className="race-note" role="status">
          {state.note}
        </p>
      )}
    </section>
  );
}

function Buttons({ race, state }: { race: Race; state: RaceState }) {
  const [asks, setAsks] = useState(false);
  const begun = hasBegun(state);
  const left = state.runs.filter(({ status }) => status !== 'over').length;
  if (asks)
    return (
      <div className="race-buttons" role="group" aria-label="Clear the results">
        <button
          type="button"
          className="button"
          onClick={() => {
            setAsks(false);
            void race.clear();
          }}
        >
          Clear all results
        </button>
        <button type="button" className="button" onClick={() => setAsks(false)}>
          Keep them
        </button>
      </div>
    );
  return (
    <div className="race-buttons">
      {state.isRunning ? (
        <button type="button" className="button play" onClick={() => void race.pause()}>
          Pause
        </button>
      ) : (
        <button type="button" className="button play" disabled={left === 0} onClick={() => void race.run()}>
          {left === 0 ? 'Done' : begun ? 'Resume' : 'Start'}
        </button>
      )}
      <button type="button" className="button" disabled={!begun} onClick={() => setAsks(true)}>
        Clear …
      </button>
      <span className="quiet" role="status">
        {state.runs.length - left} of {state.runs.length} runs done
      </span>
    </div>
  );
}

interface NumberFieldProps {
  label: string;
  min: number;
  max: number;
  value: number;
  disabled: boolean;
  onCommit: (value: number) => void;
}

/** A whole number; what is out of range goes to the nearer end, what is none goes back. */
function NumberField({ label, min, max, value, disabled, onCommit }: NumberFieldProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = (): void => {
    const asked = Math.round(Number(draft));
    if (draft !== null && draft.trim() !== '' && Number.isFinite(asked)) onCommit(Math.min(max, Math.max(min, asked)));
    setDraft(null);
  };
  return (
    <label title={`${min} to ${max}`}>
      <span className="quiet">{label}</span>
      <input
        type="text"
        inputMode="numeric"
        value={draft ?? value}
        disabled={disabled}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
    </label>
  );
}
