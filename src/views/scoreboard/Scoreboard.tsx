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

/** Longest turn where the browser does not say how long it is idle, ms. */
const TURN_MS = 10;

/** A piece of work after input and painting, and again as long as it wants more and the turn lasts. */
const idle = (piece: () => boolean): void => {
  const turn = (deadline?: IdleDeadline): void => {
    const start = performance.now();
    let wantsMore = piece();
    while (wantsMore && (deadline && !deadline.didTimeout ? deadline.timeRemaining() > 2 : performance.now() - start < TURN_MS))
      wantsMore = piece();
    if (wantsMore) idle(piece);
  };
  if ('requestIdleCallback' in window) requestIdleCallback(turn, { timeout: 200 });
  else setTimeout(turn, 16);
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
