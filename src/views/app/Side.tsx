import { useDeferredValue, useEffect, useMemo, useRef } from 'react';
import type { Task } from '../../core/tasks/types.ts';
import { findLane } from '../../state/lanes.ts';
import { DOMAIN_FLOOR, formatCompact } from '../../ui/number.ts';
import { tokenMarks } from '../matrix/marks.ts';
import type { CellRef } from '../matrix/types.ts';
import { Deferred } from './Deferred.tsx';
import { idle } from './idle.ts';
import { useLab, useLabState } from './labContext.ts';
import { laneView } from './laneViews.ts';
import { usePreviewTemperature } from './preview.ts';
import { showAboveSheet } from './sheet.ts';
import { wantsSpread, wantsTruth } from '../../state/truthWants.ts';
import { useTheme } from './useTheme.ts';

const loadInspector = async () => (await import('../compare/ComparableInspector.tsx')).ComparableInspector;

const loadTruth = async () => (await import('../truth/TruthPanel.tsx')).TruthPanel;

const loadLesson = async () => (await import('../lessons/LessonPanel.tsx')).LessonPanel;

const loadCard = async () => {
  await idle();
  return (await import('../card/MethodCard.tsx')).MethodCard;
};

const loadOverview = async () => {
  await idle();
  return (await import('../overview/BatchOverview.tsx')).BatchOverview;
};

interface SideProps {
  onHighlight: (cells: readonly CellRef[] | null) => void;
}

/** The inspector's place. It is kept free while nothing is pinned, so that the matrix does not jump when something is. */
export function Side({ onHighlight }: SideProps) {
  const lab = useLab();
  const theme = useTheme();
  const batch = useLabState((state) => state.batch);
  const task = useLabState((state) => state.task);
  const derived = useLabState((state) => state.derived);
  const pin = useLabState((state) => state.landedPin);
  const methods = useLabState((state) => state.methods);
  const previewTemperature = usePreviewTemperature();
  const group = useLabState((state) => state.group);
  const asksOracle = useLabState((state) => wantsTruth(state) || wantsSpread(state));
  const covered = useLabState((state) => state.covered);
  const lesson = useLabState((state) => state.lesson !== null);
  const isPinned = pin !== null;
  // Of the task's marks those that were seen: what came once stays in the key, which must not jump from step to step.
  const seen = useRef<{ task: Task | null; marks: Set<string> }>({ task: null, marks: new Set() });
  if (seen.current.task !== task) seen.current = { task, marks: new Set(['wrong']) };
  if (batch && task) for (const own of tokenMarks(batch, task, group).values()) for (const mark of own) seen.current.marks.add(mark);
  useEffect(() => {
    if (isPinned) showAboveSheet('.mx-cell.is-pinned');
  }, [isPinned]);
  // A prediction is about what the inspector would tell.
  const inspected = pin && !covered && batch && task && derived?.credit ? { pin, batch, task, credit: derived.credit } : null;
  return (
    <aside className={inspected || lesson ? 'side' : 'side side-empty'} data-lesson={lesson || undefined}>
      {lesson && <Deferred load={loadLesson} className="side-wait" props={{ onHighlight }} />}
      {inspected && derived ? (
        <Deferred
          load={loadInspector}
          className="side-wait"
          props={{
            ...inspected,
            composed: derived.composed,
            theme,
            previewTemperature,
            titleOf: (id: string) => methods[id]?.meta.title ?? id,
            onClose: () => lab.setPin(null),
            onHighlight,
          }}
        />
      ) : (
        !lesson && (
          <>
            <div className="side-hint">
              <p>
                <strong>Click any token</strong> to read why it got its credit.
              </p>
              <Key marks={seen.current.marks} />
            </div>
            <WholeBatch />
            {asksOracle && <Deferred load={loadTruth} className="side-wait" />}
            {/* Last: it is as tall as the method's words, and nothing below it may jump. */}
            {batch && <Deferred load={loadCard} className="side-wait" />}
          </>
        )
      )}
    </aside>
  );
}

/** The credit of every prompt of the batch at a glance; a click shows the prompt in the matrix. */
function WholeBatch() {
  const lab = useLab();
  const theme = useTheme();
  // After the frame that shows the change in the matrix: a thousand tokens at a glance can wait for that.
  const batch = useDeferredValue(useLabState((state) => state.batch));
  const task = useDeferredValue(useLabState((state) => state.task));
  const derived = useDeferredValue(useLabState((state) => state.derived));
  const creditLane = useLabState((state) => state.creditLane);
  const group = useLabState((state) => state.group);
  const credit = derived?.credit?.credit.length === batch?.tokens.length ? derived?.credit : null;
  const view = useMemo(() => {
    const lane = findLane(creditLane, derived?.composed.method ?? null);
    return batch && task && credit && lane ? laneView(lane, batch, credit, task.vocabulary.length) : null;
  }, [batch, task, credit, creditLane, derived]);
  if (!batch || !task || !view) return null;
  return (
    <section className="whole-batch" aria-label="Whole batch">
      <p className="quiet">
        All {batch.groups.length} prompts of this step,{' '}
        {view.domain[1] > DOMAIN_FLOOR ? `full colour at ±${formatCompact(view.domain[1])}` : 'none with any signal'}: click one to see its
        samples.
      </p>
      <Deferred load={loadOverview} className="side-wait" props={{ batch, task, view, theme, group, onSelect: lab.showPrompt }} />
    </section>
  );
}

/** What the marks of the credit lane mean, in words and in the marks themselves; of the task's marks those that came up. */
function Key({ marks }: { marks: ReadonlySet<string> }) {
  return (
    <dl className="key">
      {KEY.filter(({ mark, isTasks }) => !isTasks || marks.has(mark)).map(({ mark, glyph, meaning }) => (
        <div key={mark}>
          <dt>
            <span className={`key-mark key-${mark}`}>{glyph}</span>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

const KEY: readonly { mark: string; glyph: string; meaning: string; isTasks?: boolean }[] = [
  { mark: 'up', glyph: '+', meaning: 'likelier' },
  { mark: 'down', glyph: '−', meaning: 'less likely' },
  { mark: 'clipped', glyph: '0', meaning: 'clipped' },
  { mark: 'wrong', glyph: '9', meaning: 'wrong step', isTasks: true },
  { mark: 'undone', glyph: '9', meaning: 'taken back', isTasks: true },
  { mark: 'redundant', glyph: '9', meaning: 'not needed', isTasks: true },
];
