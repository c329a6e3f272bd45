import './scoreboard.css';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { Lab } from '../../state/lab.ts';
import { createScoreboard } from '../../state/scoreboard.ts';
import type { Scoreboard as Board } from '../../state/scoreboard.ts';
import { sortRows } from '../../state/scoreboardColumns.ts';
import { useLab } from '../app/labContext.ts';
import { Controls } from './Controls.tsx';
import { ScoreTable } from './ScoreTable.tsx';
import { Status } from './Status.tsx';

/** One board a lab: what it has worked out is still there when the page comes back to it. */
const boards = new WeakMap<Lab, Board>();

/** A task of its own after the next frame, so that input and painting go first. */
const idle = (task: () => void): void => {
  if ('requestIdleCallback' in window) requestIdleCallback(task, { timeout: 200 });
  else setTimeout(task, 16);
};

function boardOf(lab: Lab): Board {
  const board = boards.get(lab) ?? createScoreboard(lab, idle);
  boards.set(lab, board);
  return board;
}

/** Every method of the registry, scored against the truth on one frozen batch. */
export function Scoreboard() {
  const lab = useLab();
  const [board] = useState(() => boardOf(lab));
  const state = useStore(board.store);
  useEffect(() => board.enter(), [board]);
  if (!state.frozen) return <p className="scoreboard-wait quiet">The samples are on their way.</p>;
  return (
    <div className="scoreboard">
      <Controls board={board} state={state} />
      <Status board={board} state={state} />
      <ScoreTable board={board} state={state} rows={sortRows(state.rows, state.sort)} frozen={state.frozen} />
    </div>
  );
}
