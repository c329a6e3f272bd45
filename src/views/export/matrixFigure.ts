import { laneCells, PROMPT_COLUMN } from '../matrix/cells.ts';
import type { HeaderModel } from '../matrix/headers.ts';
import { PROMPT_WIDTH } from '../matrix/layout.ts';
import { legendModel } from '../matrix/legend.ts';
import { columnCount } from '../matrix/rows.ts';
import type { ShownMatrix } from '../matrix/shown.ts';
import { unitOf } from '../matrix/text.ts';
import type { LaneView } from '../matrix/types.ts';
import { CELL_DEFS, CELL_HEIGHT, CELL_WIDTH, cellFigure, GAP } from './cellFigure.ts';
import { legendFigure } from './legendFigure.ts';
import { PRINT } from './printColours.ts';
import { element, escapeXml, textAt, textWidth } from './svg.ts';
import type { Figure } from './svg.ts';

const HEADER_WIDTH = 120;
const LANE_GAP = 24;
/** Lanes stand side by side up to this width, px, then below each other. */
const MAX_WIDTH = 1500;
const TITLE_HEIGHT = 24;
const COLUMN_HEAD_HEIGHT = 16;
const BAND_GAP = 18;

interface Placed {
  view: LaneView;
  width: number;
  left: number;
}

/** Lanes in bands, each with row headers of its own. */
function bandsOf(lanes: readonly LaneView[], widthOf: (view: LaneView) => number): Placed[][] {
  const bands: Placed[][] = [];
  let left = HEADER_WIDTH;
  for (const view of lanes) {
    const width = widthOf(view);
    const band = bands.at(-1);
    if (!band || left + width > MAX_WIDTH) {
      left = HEADER_WIDTH;
      bands.push([{ view, width, left }]);
    } else band.push({ view, width, left });
    left += width + LANE_GAP;
  }
  return bands;
}

function rowHeader(header: HeaderModel, top: number): string {
  const middle = top + CELL_HEIGHT / 2;
  const mark = header.isRight ? '✓' : '✗';
  return element(
    'g',
    { class: 'row' },
    element('title', {}, escapeXml(header.name)),
    textAt(0, middle + 6, mark, { size: 17, bold: true, fill: header.isRight ? PRINT.right : PRINT.wrong }),
    textAt(22, middle - 3, [header.tokens, header.reward, header.copies, header.isEdited ? 'edited' : ''].filter(Boolean).join(' · '), {
      size: 9.5,
      fill: PRINT.muted,
    }),
    textAt(22, middle + 10, header.sum, { size: 11, fill: PRINT.ink, role: 'sum' }),
  );
}

/** The matrix as it stands on the screen, every shown lane in full and in print colours: the very cells that the page paints. */
export function matrixFigure({ props, rows, headers }: ShownMatrix): Figure {
  const printed = { ...props, theme: 'light', highlight: null, preview: null } as const;
  const columns = columnCount(rows);
  const gamma = props.gamma ?? 1;
  const promptWidth = (view: LaneView): number => (view.promptValue === undefined ? 0 : PROMPT_WIDTH + GAP + 4);
  const bands = bandsOf(props.lanes, (view) => promptWidth(view) + columns * (CELL_WIDTH + GAP));
  const body: string[] = [];
  let defs = CELL_DEFS;
  let top = 0;
  let width = 0;
  bands.forEach((band, b) => {
    const rowsTop = top + TITLE_HEIGHT + COLUMN_HEAD_HEIGHT;
    headers.forEach((header, i) => body.push(rowHeader(header, rowsTop + i * (CELL_HEIGHT + GAP))));
    const bottom = rowsTop + rows.length * (CELL_HEIGHT + GAP) + 4;
    let legendHeight = 0;
    band.forEach(({ view, width: laneWidth, left }, l) => {
      const unit = unitOf(view.lane);
      const parts = [textAt(left, top + 14, view.lane.label, { size: 13, bold: true, fill: PRINT.ink })];
      if (unit) parts.push(textAt(left + textWidth(view.lane.label, 13) * 1.18 + 8, top + 14, unit, { size: 11, fill: PRINT.muted }));
      const x0 = left + promptWidth(view);
      for (let column = 0; column < columns; column++)
        parts.push(
          textAt(x0 + column * (CELL_WIDTH + GAP) + CELL_WIDTH / 2, rowsTop - 5, String(column + 1), {
            size: 9,
            fill: PRINT.muted,
            anchor: 'middle',
          }),
        );
      const cells = laneCells({
        props: printed,
        rows,
        view,
        density: props.density ?? 'numbers',
        encoding: props.encoding ?? 'fill',
        gamma,
        strip: false,
        showPrompt: true,
      });
      for (const cell of cells) {
        const isPrompt = cell.column === PROMPT_COLUMN;
        const x = isPrompt ? left : x0 + cell.column * (CELL_WIDTH + GAP);
        parts.push(cellFigure(cell, x, rowsTop + cell.row * (CELL_HEIGHT + GAP), isPrompt ? PROMPT_WIDTH + 4 : CELL_WIDTH));
      }
      const legend = legendFigure(legendModel(view, rows, 'light', gamma), left, bottom, Math.max(laneWidth, 200), `ramp-${b}-${l}`);
      defs += legend.defs;
      legendHeight = Math.max(legendHeight, legend.height);
      width = Math.max(width, left + Math.max(laneWidth, 200));
      body.push(element('g', { class: 'lane', id: `lane-${b}-${l}` }, ...parts, legend.body));
    });
    top = bottom + legendHeight + (b < bands.length - 1 ? BAND_GAP : 0);
  });
  return { width, height: top, body: body.join(''), defs };
}
