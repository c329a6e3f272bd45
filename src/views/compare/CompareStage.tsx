import './compare.css';
import { useMemo } from 'react';
import { findLane } from '../../state/lanes.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { placeStyle } from '../app/Matrix.tsx';
import { useTheme } from '../app/useTheme.ts';
import { MatrixPanel } from '../matrix/MatrixPanel.tsx';
import type { CellRef } from '../matrix/types.ts';
import { Parts } from '../sentence/Sentence.tsx';
import { CompareBar } from './CompareBar.tsx';
import { describeComparison } from './describe.ts';
import { compareLanes, sideValues } from './lanes.ts';
import { lackOf } from './sides.ts';
import { useComparison, useNamedSides } from './useComparison.ts';

interface CompareStageProps {
  highlight: readonly CellRef[] | null;
  onEdit: (response: number) => void;
}

/** In the place of matrix and sentence: A, B and A − B on the same tokens. */
export function CompareStage({ highlight, onEdit }: CompareStageProps) {
  const lab = useLab();
  const theme = useTheme();
  const { a, b, isScoring } = useComparison();
  const names = useNamedSides();
  const batch = useLabState((state) => state.batch);
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.group);
  const compare = useLabState((state) => state.compare);
  const creditLane = useLabState((state) => state.creditLane);
  const isRunning = useLabState((state) => state.run.status === 'running');
  const rowOrder = useLabState((state) => state.rowOrder);
  const tree = useLabState((state) => state.tree);
  const pin = useLabState((state) => state.landedPin);
  const laneId = compare?.lane ?? creditLane;
  const lane = findLane(laneId, a?.derived.composed.method ?? null) ?? findLane(creditLane, null);
  const lanes = useMemo(
    () =>
      a && b && names && lane && task
        ? compareLanes({ lane, a, b, names, group, vocabularySize: task.vocabulary.length, isRunning })
        : null,
    [a, b, names, lane, task, group, isRunning],
  );
  const shown = compare?.differenceOnly ? lanes?.slice(-1) : lanes;
  return (
    <>
      <CompareBar names={names} laneId={laneId} />
      <div className="matrix-place" style={placeStyle(batch, group)} aria-busy={isScoring}>
        {batch && task && shown && (
          <MatrixPanel
            batch={batch}
            task={task}
            group={group}
            rowOrder={rowOrder}
            lanes={shown}
            merged={tree}
            pin={pin}
            theme={theme}
            onPin={lab.setPin}
            creditHeader={null}
            preview={null}
            onFlipReward={lab.flipReward}
            onEditResponse={onEdit}
            highlight={highlight}
          />
        )}
      </div>
      <CompareSentence laneId={laneId} />
    </>
  );
}

function CompareSentence({ laneId }: { laneId: string }) {
  const { a, b, problem, isScoring } = useComparison();
  const names = useNamedSides();
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.group);
  const isCheckpoint = useLabState((state) => state.compare !== null && 'checkpoint' in state.compare.side);
  const parts = useMemo(() => {
    const lane = a && findLane(laneId, a.derived.composed.method);
    if (!a || !b || !names || !task || !lane) return [];
    return describeComparison({
      batch: a.batch,
      group,
      vocabulary: task.vocabulary,
      lane,
      a: { name: names.a.name, values: sideValues(lane, a) },
      b: { name: names.b.name, values: sideValues(lane, b) },
    });
  }, [a, b, names, task, group, laneId]);
  const lack = problem ?? [a, b].map((side) => side && lackOf(side.derived)).find((sentence) => sentence !== null) ?? null;
  return (
    <p className="sentence">
      <span>
        {lack ??
          (isScoring && !b?.derived.credit ? 'The other checkpoint is asked what it thinks of these tokens …' : <Parts parts={parts} />)}
        {isCheckpoint && !lack && b?.derived.credit && (
          <span className="quiet"> The same tokens, drawn by A and scored by both models, before any update: every ratio is 1.</span>
        )}
      </span>
    </p>
  );
}
