/** Smallest cell in CSS px; a finger's target, and room for `−0.94` in tabular figures. */
export const MIN_CELL_WIDTH = 36;
export const MIN_ROW_HEIGHT = 28;
/** The large lane gives so much before its strips leave the panel; `−0.94` still fits. */
const TIGHT_CELL_WIDTH = 32;
const MAX_ROW_HEIGHT = 40;
const MAX_CELL_WIDTH = 42;
/** The credit lane is the subject: it takes spare room first. */
const MAX_LARGE_CELL_WIDTH = 54;
const MIN_STRIP_CELL = 3;
const MAX_STRIP_CELL = 14;
export const CELL_GAP = 1;
export const LANE_GAP = 18;
/** Height of the row of token numbers; the style sheet has the same. */
export const HEAD_ROW_HEIGHT = 18;
/** The prompt's cell: as wide as `0.50`. */
export const PROMPT_WIDTH = 26;
const HEADER_WIDTH = 88;
const COMPACT_HEADER_WIDTH = 84;
/** Under this the panel shows one lane at a time. */
const SINGLE_LANE_BELOW = 560;
/** Row height before the panel has been measured. */
const UNMEASURED_ROW_HEIGHT = 38;

export interface LaneLayout {
  laneId: string;
  mode: 'full' | 'strip';
  /** Cell box without the gap, CSS px. */
  cellWidth: number;
}

export interface PanelLayout {
  kind: 'side-by-side' | 'strips' | 'single';
  /** In drawing order; the first carries the shared row header. */
  lanes: LaneLayout[];
  /** Cell box without the gap, CSS px. */
  rowHeight: number;
  headerWidth: number;
  /** Whether there is room for the prompt's cell; the lanes come first. */
  showPrompt: boolean;
}

export interface LayoutInput {
  /** Width of the panel's content box, CSS px; 0 while unmeasured. */
  width: number;
  /** Height left for the rows, CSS px; 0 while unmeasured. */
  height: number;
  laneIds: readonly string[];
  /** The lane that is large when not all fit, and the one shown when only one does. */
  largeLane: string;
  /** Lanes that have the prompt's cell at their left edge. */
  promptLanes: readonly string[];
  columns: number;
  rows: number;
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

/**
 * Side by side while every lane fits at the smallest cell; else one large lane and strips; one lane at a time on a phone, and
 * where responses are so long that the strips would stand outside of the panel and nobody would know of them.
 */
export function decideLayout(input: LayoutInput): PanelLayout {
  const { width, laneIds, columns, largeLane } = input;
  const count = laneIds.length;
  const pitch = MIN_CELL_WIDTH + CELL_GAP;
  const narrow = width > 0 && width < SINGLE_LANE_BELOW;
  const headerWidth = narrow ? COMPACT_HEADER_WIDTH : HEADER_WIDTH;
  const rowHeight = rowHeightFor(input.height, input.rows);
  const gaps = (count - 1) * LANE_GAP;
  const promptWidth = input.promptLanes.length * (PROMPT_WIDTH + CELL_GAP);
  const room = width - headerWidth - gaps - count * columns * pitch;

  if (width === 0 || room >= 0) {
    const showPrompt = width === 0 || room >= promptWidth;
    const spare = width === 0 ? 0 : Math.floor((showPrompt ? room - promptWidth : room) / Math.max(1, columns));
    const large = clamp(spare, 0, MAX_LARGE_CELL_WIDTH - MIN_CELL_WIDTH);
    const others = clamp(Math.floor((spare - large) / Math.max(1, count - 1)), 0, MAX_CELL_WIDTH - MIN_CELL_WIDTH);
    const lanes = laneIds.map(
      (laneId): LaneLayout => ({
        laneId,
        mode: 'full',
        cellWidth: MIN_CELL_WIDTH + (laneId === largeLane ? large : others),
      }),
    );
    return { kind: 'side-by-side', lanes, rowHeight, headerWidth, showPrompt };
  }
  const prompt = input.promptLanes.includes(largeLane) ? PROMPT_WIDTH + CELL_GAP : 0;
  const strips = (count - 1) * columns * (MIN_STRIP_CELL + CELL_GAP);
  const forLarge = width - headerWidth - gaps - prompt - strips;
  if (narrow || (count > 1 && forLarge < columns * (TIGHT_CELL_WIDTH + CELL_GAP))) {
    return {
      kind: 'single',
      lanes: [{ laneId: largeLane, mode: 'full', cellWidth: MIN_CELL_WIDTH }],
      rowHeight,
      headerWidth,
      showPrompt: true,
    };
  }
  const left = forLarge + strips - columns * pitch;
  const strip = clamp(Math.floor(left / Math.max(1, (count - 1) * columns)) - CELL_GAP, MIN_STRIP_CELL, MAX_STRIP_CELL);
  const rest = Math.floor((left - (count - 1) * columns * (strip + CELL_GAP)) / Math.max(1, columns));
  const least = count > 1 ? TIGHT_CELL_WIDTH : MIN_CELL_WIDTH;
  const large: LaneLayout = { laneId: largeLane, mode: 'full', cellWidth: clamp(MIN_CELL_WIDTH + rest, least, MAX_CELL_WIDTH) };
  const others = laneIds.filter((id) => id !== largeLane).map((laneId): LaneLayout => ({ laneId, mode: 'strip', cellWidth: strip }));
  // The large lane comes first: its row header sticks to the panel's edge while it scrolls.
  return { kind: 'strips', lanes: [large, ...others], rowHeight, headerWidth, showPrompt: true };
}

function rowHeightFor(height: number, rows: number): number {
  if (height <= 0 || rows === 0) return UNMEASURED_ROW_HEIGHT;
  return clamp(Math.floor(height / rows) - CELL_GAP, MIN_ROW_HEIGHT, MAX_ROW_HEIGHT);
}
