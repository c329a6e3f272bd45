import { useMemo, useRef } from 'react';
import type { CSSProperties } from 'react';
import type { RolloutBatch } from '../../core/batch.ts';
import { HEADLINE, METHODS } from '../../core/methods/index.ts';
import { deriveCredit } from '../../state/credit.ts';
import { findLane, shownLanes } from '../../state/lanes.ts';
import type { Cover } from '../../state/types.ts';
import { Segmented } from '../../ui/Segmented.tsx';
import { LaneLegend } from '../matrix/LaneLegend.tsx';
import { MatrixPanel } from '../matrix/MatrixPanel.tsx';
import type { CellRef } from '../matrix/types.ts';
import { createCreditScale } from './creditScale.ts';
import { Deferred } from './Deferred.tsx';
import { useLab, useLabState } from './labContext.ts';
import { creditView, emptyView, laneView } from './laneViews.ts';
import { usePreviewEntropies } from './preview.ts';
import { useTheme } from './useTheme.ts';

/** What the legend says of a lane whose credit is covered. */
const COVERED: Readonly<Record<Cover, string>> = { guess: 'covered: which token gets the most?', later: 'no credit yet' };

const loadTidyTree = async () => (await import('../tree/TidyTree.tsx')).TidyTree;

interface MatrixProps {
  highlight: readonly CellRef[] | null;
  onEdit: (response: number) => void;
}

/** Fills the matrix panel from the lab. */
export function Matrix({ highlight, onEdit }: MatrixProps) {
  const lab = useLab();
  const theme = useTheme();
  const batch = useLabState((state) => state.batch);
  const sampled = useLabState((state) => state.sampled);
  const task = useLabState((state) => state.task);
  const group = useLabState((state) => state.group);
  const derived = useLabState((state) => state.derived);
  const chosenLanes = useLabState((state) => state.lanes);
  const creditLane = useLabState((state) => state.creditLane);
  const overrides = useLabState((state) => state.overrides);
  const mix = useLabState((state) => state.mix);
  const edits = useLabState((state) => state.edits);
  const isRunning = useLabState((state) => state.run.status === 'running');
  const rowOrder = useLabState((state) => state.rowOrder);
  const tree = useLabState((state) => state.tree);
  const branchesOnly = useLabState((state) => state.branchesOnly);
  const covered = useLabState((state) => state.covered);
  const shownTokens = useLabState((state) => state.shownTokens);
  const pin = useLabState((state) => state.landedPin);
  const previewEntropies = usePreviewEntropies();
  const scaleOf = useRef(createCreditScale());
  const lastCredit = useRef(derived?.credit ?? null);
  const method = derived?.composed.method ?? null;
  const isLacking = derived !== null && derived.missing.length > 0;
  // A refused mix keeps the last credit on screen, under the sentence that says why.
  if (derived?.credit && derived.credit.credit.length === batch?.tokens.length) lastCredit.current = derived.credit;
  // What the batch lacks is never shown as the numbers of another method: the common lanes stay, the credit lane is empty.
  const common = useMemo(
    () => (isLacking ? deriveCredit({ ...lab.store.getState(), batch, mix: {} }, HEADLINE[0])?.credit : null) ?? null,
    [batch, isLacking, lab],
  );
  const held = isLacking ? common : lastCredit.current;
  const credit = held && held.credit.length === batch?.tokens.length ? held : null;

  const lanes = useMemo(() => shownLanes(chosenLanes, method), [chosenLanes, method]);

  const scale = useMemo(() => {
    if (!credit) return 1;
    const pick = (result: typeof credit): Float64Array => (creditLane === 'credit' ? result.credit : result.advantages);
    return scaleOf.current({
      sampled,
      group,
      lane: creditLane,
      isRunning,
      settings: [overrides, mix, edits],
      values: pick(credit),
      compared: () =>
        HEADLINE.map((id) => deriveCredit(lab.store.getState(), id)?.credit)
          .filter((result) => result != null)
          .map(pick),
    });
  }, [credit, creditLane, isRunning, overrides, mix, edits, sampled, group, lab]);

  const views = useMemo(() => {
    if (!batch || !credit || !task) return [];
    const shown = lanes.map((id) => findLane(id, method)).filter((lane) => lane !== null);
    const last = findLane(creditLane, method);
    return [
      ...shown.map((lane) => laneView(lane, batch, credit, task.vocabulary.length)),
      ...(last
        ? [
            isLacking || covered
              ? emptyView(last, batch, covered ? COVERED[covered] : undefined)
              : creditView(last, batch, group, credit, scale),
          ]
        : []),
    ];
  }, [batch, task, credit, isLacking, covered, lanes, method, creditLane, group, scale]);

  const preview = useMemo(() => {
    const lane = lanes.find((id) => id === ENTROPY_LANE);
    return previewEntropies && lane ? { laneId: lane, values: previewEntropies } : null;
  }, [previewEntropies, lanes]);

  return (
    <div className="matrix-place" style={placeStyle(batch, group)}>
      {batch && task && credit && views.length > 0 && tree && branchesOnly && (
        <div className="mx-panel branches">
          <CreditHeader />
          <Deferred
            load={loadTidyTree}
            className="branches-wait"
            props={{ batch, task, group, view: views[views.length - 1], theme, pin, onPin: lab.setPin }}
          />
          <LaneLegend view={views[views.length - 1]} rows={[]} theme={theme} gamma={1} />
        </div>
      )}
      {batch && task && credit && views.length > 0 && !(tree && branchesOnly) && (
        <MatrixPanel
          batch={batch}
          task={task}
          group={group}
          rowOrder={rowOrder}
          lanes={views}
          merged={tree}
          pin={pin}
          theme={theme}
          onPin={lab.setPin}
          creditHeader={<CreditHeader />}
          preview={preview}
          onFlipReward={lab.flipReward}
          onEditResponse={onEdit}
          highlight={highlight}
          shownTokens={shownTokens}
        />
      )}
    </div>
  );
}

/** Tallest row, and what stands over and under the rows, CSS px: the sentence follows the last row and not the foot of a tall screen. */
const ROW_HEIGHT = 41;
const LANE_FRAME_HEIGHT = 140;

/** Room for the rows of a group and no more. */
export function placeStyle(batch: RolloutBatch | null, group: number): CSSProperties {
  const { start = 0, end = 0 } = batch?.groups[group] ?? {};
  return batch ? { maxHeight: LANE_FRAME_HEIGHT + ROW_HEIGHT * (end - start) } : {};
}

/** The lane whose numbers the temperature slider previews. */
const ENTROPY_LANE = 'entropy';

/** The large switch over the credit lane: the methods of the headline, and the viewed one where it is another. */
function CreditHeader() {
  const lab = useLab();
  const viewMethod = useLabState((state) => state.viewMethod);
  const creditLane = useLabState((state) => state.creditLane);
  const invite = useLabState((state) => state.invite);
  const offered = METHODS.filter(({ id }) => HEADLINE.includes(id) || id === viewMethod);
  return (
    <div className="credit-header">
      <div className="credit-numbers">
        <Segmented
          label="Numbers shown"
          options={[
            { id: 'credit', label: 'Credit', title: 'What the update does to the token’s log-probability' },
            { id: 'advantage', label: 'Advantage', title: 'What the advantage stage gave the token' },
          ]}
          value={creditLane}
          onChange={lab.setCreditLane}
        />
        <button
          type="button"
          className="button"
          title="Two methods, knobs or checkpoints side by side (D)"
          onClick={() => lab.toggleCompare()}
        >
          compare with …
        </button>
      </div>
      <Segmented
        label="Method"
        size={offered.length > HEADLINE.length ? 'compact' : 'large'}
        invite={invite}
        options={offered.map(({ id, title }) => ({ id, label: title }))}
        value={viewMethod}
        onChange={(id) => void lab.setViewMethod(id)}
      />
    </div>
  );
}
