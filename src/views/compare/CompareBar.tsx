import { useId } from 'react';
import { LANES } from '../../core/lanes.ts';
import { holdAsB, swapSides } from '../../state/compare.ts';
import { savedAs } from '../../state/mixes.ts';
import type { SavedMix } from '../../state/mixes.ts';
import { SHELF } from '../../state/shelf.ts';
import type { Compare, CompareSide, LabState } from '../../state/types.ts';
import { FAMILY_TITLES } from '../../content/families.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { mixTitle } from './sides.ts';
import type { NamedSides } from './sides.ts';
import { useMixes } from './useComparison.ts';

interface Choice {
  /** `method grpo`, `mix 3`, `checkpoint step-60`; `as it is` for a side that none of these is. */
  value: string;
  label: string;
}

interface ChoiceGroup {
  label: string;
  choices: readonly Choice[];
}

const METHOD_GROUPS: readonly ChoiceGroup[] = SHELF.map(({ family, entries }) => ({
  label: FAMILY_TITLES[family],
  choices: entries.map(({ id, title }) => ({ value: `method ${id}`, label: title })),
}));

const mixGroup = (mixes: readonly SavedMix[]): ChoiceGroup[] =>
  mixes.length > 0 ? [{ label: 'Your mixes', choices: mixes.map(({ id, name }) => ({ value: `mix ${id}`, label: name })) }] : [];

const AS_IT_IS = 'as it is';

/** The entry of the menu that a method with its mix is. */
function choiceOf(mixes: readonly SavedMix[], method: string, mix: LabState['mix']): string {
  if (Object.keys(mix).length === 0) return `method ${method}`;
  const saved = savedAs(mixes, method, mix);
  return saved ? `mix ${saved.id}` : AS_IT_IS;
}

/** What a chosen entry stands for. */
function readChoice(mixes: readonly SavedMix[], value: string): CompareSide | null {
  const [kind, id] = value.split(/ (.*)/);
  if (kind === 'checkpoint') return { checkpoint: id };
  if (kind === 'method') return { method: id, mix: {}, overrides: null };
  const saved = mixes.find((mix) => String(mix.id) === id);
  return saved ? { method: saved.method, mix: saved.mix, overrides: null } : null;
}

/** Chooses A and B and the numbers that are compared; swaps them; closes the comparison. */
export function CompareBar({ names, laneId }: { names: NamedSides | null; laneId: string }) {
  const lab = useLab();
  const compare = useLabState((state) => state.compare);
  const viewMethod = useLabState((state) => state.viewMethod);
  const mix = useLabState((state) => state.mix);
  const methods = useLabState((state) => state.methods);
  const checkpoints = useLabState((state) => state.checkpoints);
  const checkpointId = useLabState((state) => state.checkpointId);
  const isLive = useLabState((state) => state.source === 'live');
  const mixes = useMixes();
  if (!compare) return null;
  const { side } = compare;
  const change = (part: Partial<Compare>): void => lab.setCompare({ ...compare, ...part });
  const isCheckpoint = 'checkpoint' in side;
  const isHeld = !isCheckpoint && side.overrides !== null;
  const valueA = choiceOf(mixes, viewMethod, mix);
  const valueB = isCheckpoint ? `checkpoint ${side.checkpoint}` : isHeld ? AS_IT_IS : choiceOf(mixes, side.method, side.mix);
  const others = checkpoints.filter(({ id }) => isLive || id !== checkpointId);
  const checkpointGroup: ChoiceGroup = {
    label: 'The same method on another checkpoint',
    choices: others.map(({ id, label }) => ({ value: `checkpoint ${id}`, label })),
  };
  const heldLabel = isCheckpoint ? side.checkpoint : `${mixTitle(methods, mixes, side.method, side.mix)}${isHeld ? ', knobs held' : ''}`;
  const cannotSwap = isCheckpoint && isLive;
  return (
    <div className="compare-bar" role="toolbar" aria-label="Comparison">
      <GroupedSelect
        label="A"
        value={valueA}
        present={mixTitle(methods, mixes, viewMethod, mix)}
        groups={[...mixGroup(mixes), ...METHOD_GROUPS]}
        onChange={(value) => {
          const chosen = readChoice(mixes, value);
          if (chosen && 'method' in chosen) void lab.setViewMethod(chosen.method, chosen.mix);
        }}
      />
      <IconButton
        label={cannotSwap ? 'A live step has no checkpoint to change places with' : 'Swap A and B'}
        disabled={cannotSwap}
        onClick={() => void swapSides(lab)}
      >
        ⇄
      </IconButton>
      <GroupedSelect
        label="B"
        value={valueB}
        present={heldLabel}
        groups={[...mixGroup(mixes), ...METHOD_GROUPS, ...(others.length > 0 ? [checkpointGroup] : [])]}
        onChange={(value) => {
          const chosen = readChoice(mixes, value);
          if (chosen) change({ side: chosen });
        }}
      />
      <button
        type="button"
        className="button"
        title="B becomes the method of A with its present knobs; the sliders then move A alone"
        onClick={() => holdAsB(lab)}
      >
        hold knobs as B
      </button>
      <GroupedSelect
        label="numbers"
        hideLabel
        value={laneId}
        present={laneId}
        groups={[{ label: '', choices: LANES.filter(({ kind }) => kind !== 'categorical').map(({ id, label }) => ({ value: id, label })) }]}
        onChange={(id) => {
          if (id === 'credit' || id === 'advantage') lab.setCreditLane(id);
          change({ lane: id === 'credit' || id === 'advantage' ? null : id });
        }}
      />
      <button type="button" className="button" aria-pressed={compare.differenceOnly} onClick={() => lab.toggleDifference()}>
        A − B only
      </button>
      <IconButton label="Close the comparison" onClick={() => lab.setCompare(null)}>
        ✕
      </IconButton>
      <span className="visually-hidden" role="status">
        {names && `A is ${names.a.name}, B is ${names.b.name}.`}
      </span>
    </div>
  );
}

interface GroupedSelectProps {
  label: string;
  hideLabel?: boolean;
  value: string;
  /** What the value is called where no group has it. */
  present: string;
  groups: readonly ChoiceGroup[];
  onChange: (value: string) => void;
}

/** A native select with headings. */
function GroupedSelect({ label, hideLabel, value, present, groups, onChange }: GroupedSelectProps) {
  const id = useId();
  const isListed = groups.some(({ choices }) => choices.some((choice) => choice.value === value));
  return (
    <span className="select">
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : 'select-label'}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {!isListed && <option value={value}>{present}</option>}
        {groups.map((group) =>
          group.label === '' ? (
            <Options key={group.label} choices={group.choices} />
          ) : (
            <optgroup key={group.label} label={group.label}>
              <Options choices={group.choices} />
            </optgroup>
          ),
        )}
      </select>
    </span>
  );
}

function Options({ choices }: { choices: readonly Choice[] }) {
  return choices.map(({ value, label }) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));
}
