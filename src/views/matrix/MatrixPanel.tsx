import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { CSSProperties } from 'react';
import { headerModels } from './headers.ts';
import { createInteraction } from './interaction.ts';
import type { Interaction, Painters } from './interaction.ts';
import { LaneFrame } from './LaneFrame.tsx';
import { decideLayout, HEAD_ROW_HEIGHT } from './layout.ts';
import { columnCount, orderRows } from './rows.ts';
import { shown } from './shown.ts';
import { unitOf } from './text.ts';
import type { MatrixPanelProps } from './types.ts';
import { usePanelSize } from './usePanelSize.ts';
import './matrix.css';
import './rowhead.css';
import './cells.css';

/** Padding of the scrolling element and the mark at the end of a merged row, CSS px. */
const FRAME_WIDTH = 22;
const FRAME_HEIGHT = 6;

/**
 * The token matrix: lanes of one group's tokens under a shared row header, one row per response and one column per position.
 * With `merged` the same geometry shows the prefix tree. Give its container a height: the rows use what is there, and scroll inside it.
 */
export function MatrixPanel(props: MatrixPanelProps) {
  const { batch, group, lanes } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const interactionRef = useRef<Interaction | null>(null);
  const [painters] = useState<Painters>(() => new Map());
  const [enlarged, setEnlarged] = useState<string | null>(null);

  const order = props.merged ? 'trie' : props.rowOrder;
  const rows = useMemo(() => orderRows(batch, group, order), [batch, group, order]);
  const columns = columnCount(rows);
  const credit = lanes[lanes.length - 1];
  const isDrawing = props.shownTokens != null;
  const headers = useMemo(() => headerModels(batch, rows, credit.values, isDrawing), [batch, rows, credit.values, isDrawing]);

  const wanted = enlarged ?? props.largeLane ?? credit.lane.id;
  const large = lanes.some(({ lane }) => lane.id === wanted) ? wanted : credit.lane.id;
  const laneKey = lanes.map(({ lane }) => lane.id).join(' ');
  const size = usePanelSize(scroller, `${laneKey} ${large}`);
  const layout = decideLayout({
    width: Math.max(0, size.width - FRAME_WIDTH),
    height: Math.max(0, size.height - size.head - HEAD_ROW_HEIGHT - size.legend - FRAME_HEIGHT),
    laneIds: lanes.map(({ lane }) => lane.id),
    largeLane: large,
    promptLanes: lanes.filter(({ promptValue }) => promptValue !== undefined).map(({ lane }) => lane.id),
    columns,
    rows: rows.length,
  });

  useLayoutEffect(() => {
    if (!scroller.current) return;
    const interaction = createInteraction(scroller.current, painters);
    interactionRef.current = interaction;
    return () => interaction.dispose();
  }, [painters]);
  useLayoutEffect(() => {
    interactionRef.current?.update({ props, rows });
    shown.matrix = { props, rows, headers };
    return () => {
      shown.matrix = null;
    };
  });

  // Where one lane is shown at a time, a lane that is added is the one that was asked for.
  const lastLanes = useRef(laneKey);
  useEffect(() => {
    const before = new Set(lastLanes.current.split(' '));
    const ids = laneKey.split(' ');
    const added = ids.filter((id) => !before.has(id));
    lastLanes.current = laneKey;
    if (layout.kind === 'single' && added.length === 1 && ids.length === before.size + 1) setEnlarged(added[0]);
  }, [laneKey, layout.kind]);

  const style = { '--mx-head': `${size.head}px`, '--mx-header': `${layout.headerWidth}px` } as CSSProperties;
  return (
    <div className={`mx-panel mx-${layout.kind}`} style={style}>
      {layout.kind === 'single' && (
        <div className="mx-tabs" role="group" aria-label="lane shown">
          {lanes.map(({ lane }) => (
            <button key={lane.id} type="button" aria-pressed={lane.id === large} title={lane.label} onClick={() => setEnlarged(lane.id)}>
              {lane.label}
              {unitOf(lane) && <span className="mx-unit"> {unitOf(lane)}</span>}
            </button>
          ))}
        </div>
      )}
      <div ref={scroller} className="mx-scroll">
        <div className="mx-lanes">
          {layout.lanes.map((lane, i) => {
            const view = lanes.find((candidate) => candidate.lane.id === lane.laneId) ?? credit;
            return (
              <LaneFrame
                key={lane.laneId}
                props={props}
                view={view}
                rows={rows}
                headers={headers}
                columns={columns}
                layout={layout}
                lane={lane}
                isFirst={i === 0}
                control={view === credit ? props.creditHeader : null}
                onEnlarge={setEnlarged}
                painters={painters}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
