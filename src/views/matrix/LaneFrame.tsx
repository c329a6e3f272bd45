import { useLayoutEffect, useMemo, useRef } from 'react';
import type { ReactNode } from 'react';
import { laneCells } from './cells.ts';
import type { HeaderModel } from './headers.ts';
import type { Painters } from './interaction.ts';
import { LaneLegend } from './LaneLegend.tsx';
import type { LaneLayout, PanelLayout } from './layout.ts';
import { createGridPainter } from './painter.ts';
import type { GridModel, GridPainter } from './painter.ts';
import type { Row } from './rows.ts';
import { inSentence, unitOf } from './text.ts';
import type { LaneView, MatrixPanelProps } from './types.ts';

interface LaneFrameProps {
  props: MatrixPanelProps;
  view: LaneView;
  rows: readonly Row[];
  headers: readonly HeaderModel[];
  columns: number;
  layout: PanelLayout;
  lane: LaneLayout;
  /** The first lane carries the shared row header. */
  isFirst: boolean;
  /** The method switch, over the credit lane only. */
  control: ReactNode;
  onEnlarge: (laneId: string) => void;
  /** Where the panel's listeners find this lane's painter. */
  painters: Painters;
}

/** What a change of rows has to keep for its cells to move instead of jump: the same samples. */
interface Painted {
  batch: MatrixPanelProps['batch'];
  group: number;
  rows: readonly Row[];
  merged: boolean;
}

/** Row height under which glyph and number stand without a gap, and cell width from which the number is larger, CSS px. */
const TIGHT_BELOW = 34;
const WIDE_FROM = 46;

const wantsStillness = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** The frame of one lane. React draws heading and legend; the cells belong to the painter. */
export function LaneFrame({ props, view, rows, headers, columns, layout, lane, isFirst, control, onEnlarge, painters }: LaneFrameProps) {
  const grid = useRef<HTMLDivElement>(null);
  const painter = useRef<GridPainter | null>(null);
  const painted = useRef<Painted | null>(null);
  const { batch, task, group, merged, theme, pin, highlight, shownTokens, preview } = props;
  const strip = lane.mode === 'strip';
  const showPrompt = layout.showPrompt && !strip && view.promptValue !== undefined;
  const density = props.density ?? 'numbers';
  const encoding = props.encoding ?? 'fill';
  const gamma = props.gamma ?? 1;

  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return;
    painter.current = createGridPainter(element);
    painters.set(element, painter.current);
    return () => {
      painters.delete(element);
      element.replaceChildren();
      painter.current = null;
      painted.current = null;
    };
  }, [painters]);

  const model = useMemo((): GridModel => {
    const cells = laneCells({
      props: { batch, task, group, merged, theme, pin, highlight, preview, shownTokens },
      rows,
      view,
      density,
      encoding,
      gamma,
      strip,
      showPrompt,
    });
    return {
      cells,
      headers,
      fullHeader: isFirst,
      leaves: merged && !strip ? rows.map((row) => row.length) : null,
      columns,
      hasPrompt: showPrompt,
      cellWidth: lane.cellWidth,
      rowHeight: layout.rowHeight,
      headerWidth: layout.headerWidth,
    };
  }, [
    batch,
    task,
    group,
    merged,
    theme,
    pin,
    highlight,
    preview,
    shownTokens,
    rows,
    view,
    density,
    encoding,
    gamma,
    strip,
    showPrompt,
    headers,
    isFirst,
    columns,
    lane.cellWidth,
    layout.rowHeight,
    layout.headerWidth,
  ]);

  useLayoutEffect(() => {
    const last = painted.current;
    const isRearranged = last !== null && last.batch === batch && last.group === group && (last.rows !== rows || last.merged !== merged);
    painter.current?.paint(model, isRearranged && !wantsStillness());
    painted.current = { batch, group, rows, merged };
  }, [model, batch, group, rows, merged]);

  useLayoutEffect(() => {
    if (!pin || pin.group !== group || grid.current?.contains(document.activeElement)) return;
    const row = rows.findIndex((candidate) => candidate.response === pin.response);
    if (row >= 0) painter.current?.activate({ row, column: pin.position });
  }, [pin, group, rows]);

  const unit = unitOf(view.lane);
  const isTight = layout.rowHeight < TIGHT_BELOW;
  const isWide = lane.cellWidth >= WIDE_FROM;
  const gridClass = `mx-grid kind-${view.lane.kind}${merged ? ' is-merged' : ''}${isTight ? ' is-tight' : ''}${isWide ? ' is-wide' : ''}${density === 'glyph' ? ' is-dense' : ''}${shownTokens == null ? '' : ' is-drawing'}`;
  const isPreviewed = preview?.laneId === view.lane.id;
  return (
    <div
      className={`mx-lane${strip ? ' mx-lane-strip' : ''}${isFirst ? ' mx-lane-first' : ''}${control ? ' mx-lane-credit' : ''}`}
      data-title={view.lane.label}
      data-meaning={view.lane.meaning}
    >
      <div className={control ? 'mx-head' : 'mx-head mx-head-quiet'}>
        <div className="mx-title">
          <span className="mx-label" title={view.lane.label}>
            {view.lane.label}
          </span>
          {unit && <span className="mx-unit">{unit}</span>}
          {isPreviewed && <span className="mx-chip">preview</span>}
          {strip && (
            <button
              type="button"
              className="mx-enlarge"
              aria-label={`show ${inSentence(view.lane.label)} large`}
              onClick={() => onEnlarge(view.lane.id)}
            >
              ⤢
            </button>
          )}
        </div>
        {control ?? <div className="mx-meaning">{view.lane.meaning}</div>}
      </div>
      {/* The cells are painted into this element; React has no children here. */}
      <div
        ref={grid}
        role="grid"
        aria-readonly="true"
        aria-label={`${view.lane.label}${unit && `, ${unit}`}: one row per response, one column per token`}
        className={gridClass}
      />
      <LaneLegend view={view} rows={rows} theme={theme} gamma={gamma} />
    </div>
  );
}
