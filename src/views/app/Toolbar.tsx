import { glyphs } from '../../core/tasks/index.ts';
import { laneChoices, MAX_LANES, shownLanes } from '../../state/lanes.ts';
import type { RowOrder } from '../../state/types.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { Menu } from '../../ui/Menu.tsx';
import { Select } from '../../ui/Select.tsx';
import { useLab, useLabState } from './labContext.ts';

const ROW_ORDERS: readonly { id: RowOrder; label: string }[] = [
  { id: 'sampled', label: 'as sampled' },
  { id: 'reward', label: 'by reward' },
  { id: 'trie', label: 'by prefix' },
];

/** What is shown of the batch: prompt, row order, lanes, update, tree. */
export function Toolbar() {
  const lab = useLab();
  const rowOrder = useLabState((state) => state.rowOrder);
  const tree = useLabState((state) => state.tree);
  const branchesOnly = useLabState((state) => state.branchesOnly);
  const canUndo = useLabState((state) => state.canUndo);
  const canRedo = useLabState((state) => state.canRedo);
  const frozen = useLabState((state) => state.frozen);
  return (
    <div className="toolbar" role="toolbar" aria-label="View">
      <PromptStepper />
      <Select label="rows" value={rowOrder} options={ROW_ORDERS} disabled={tree} onChange={lab.setRowOrder} />
      <LaneMenu />
      <UpdateSelect />
      <IconButton label="Undo (Ctrl+Z)" disabled={!canUndo} onClick={lab.undo}>
        ↶
      </IconButton>
      <IconButton label="Redo (Ctrl+Shift+Z)" disabled={!canRedo} onClick={lab.redo}>
        ↷
      </IconButton>
      <button type="button" className="button" aria-pressed={tree} onClick={() => lab.toggleTree()}>
        prefix tree
      </button>
      {tree && (
        <button type="button" className="button" aria-pressed={branchesOnly} onClick={() => lab.toggleBranches()}>
          branches only
        </button>
      )}
      <button
        type="button"
        className="button"
        aria-pressed={frozen}
        title="Hold this step on screen while training goes on"
        onClick={() => lab.toggleFreeze()}
      >
        freeze
      </button>
    </div>
  );
}

function PromptStepper() {
  const lab = useLab();
  const batch = useLabState((state) => state.batch);
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.group);
  const count = batch?.groups.length ?? 0;
  return (
    <div className="stepper" role="group" aria-label="Prompt">
      <IconButton label="Previous prompt" disabled={count < 2} onClick={() => lab.showPrompt(group - 1)}>
        ◂
      </IconButton>
      <span className="stepper-text">
        <span className="quiet">prompt</span> {count === 0 ? '–' : `${group + 1}/${count}`}
        <span className="visually-hidden">{batch && task && `: ${glyphs(task, batch.groups[group].prompt)}`}</span>
      </span>
      <IconButton label="Next prompt" disabled={count < 2} onClick={() => lab.showPrompt(group + 1)}>
        ▸
      </IconButton>
    </div>
  );
}

function LaneMenu() {
  const lab = useLab();
  const method = useLabState((state) => state.methods[state.viewMethod] ?? null);
  const shown = shownLanes(
    useLabState((state) => state.lanes),
    method,
  );
  const choices = laneChoices(method);
  return (
    <Menu
      label="Lanes shown"
      button="lanes ▾"
      items={choices.map(({ id, label, meaning }) => {
        const isShown = shown.includes(id);
        return {
          id,
          label,
          detail: meaning,
          checked: isShown,
          disabled: !isShown && shown.length >= MAX_LANES,
          run: () => lab.toggleLane(id),
        };
      })}
    />
  );
}

function UpdateSelect() {
  const lab = useLab();
  const count = useLabState((state) => state.batch?.updates.length ?? 0);
  const update = useLabState((state) => state.update);
  return (
    <Select
      label="update"
      value={String(update)}
      disabled={count < 2}
      options={[
        { id: 'last', label: count < 2 ? 'last' : `last of ${count}` },
        ...Array.from({ length: count }, (_, i) => ({ id: String(i + 1), label: `${i + 1}/${count}` })),
      ]}
      onChange={(id) => lab.setUpdate(id === 'last' ? id : Number(id))}
    />
  );
}
