import { CLIP_STATE } from '../../core/pipeline.types.ts';
import { formatNumber, inkOn } from '../../ui/colour.ts';
import { isBeyond, rampColour, rampPosition } from './colours.ts';
import { tokenMarks } from './marks.ts';
import { mergedRuns } from './rows.ts';
import type { Row, Run } from './rows.ts';
import { categoryName, cellName, cellNumber, signMark, spokenLane, spokenValue, visibleGlyph } from './text.ts';
import type { CellRef, LaneView, MatrixPanelProps, Theme } from './types.ts';

/** The prompt's cell stands one column left of the first token. */
export const PROMPT_COLUMN = -1;

/** What one cell looks like. The painter writes only what differs from what is there. */
export interface CellModel {
  row: number;
  column: number;
  /** Rows covered; above 1 only in the merged view and for the prompt's cell. */
  span: number;
  /** Index within the group of the (first) response; `column` is the token's position. */
  response: number;
  glyph: string;
  number: string;
  /** CSS colours; empty where the style sheet decides. */
  fill: string;
  ink: string;
  className: string;
  /** Accessible name. */
  name: string;
  /** Signed height of the mini-bar in [−1, 1], null in the fill encoding. */
  bar: number | null;
  barColour: string;
}

export interface CellsInput {
  props: Pick<MatrixPanelProps, 'batch' | 'task' | 'group' | 'merged' | 'theme' | 'pin' | 'highlight' | 'preview' | 'shownTokens'>;
  rows: readonly Row[];
  view: LaneView;
  density: 'glyph' | 'numbers';
  encoding: 'fill' | 'bars';
  gamma: 1 | 0.5;
  /** A strip has room for neither glyph nor number, and no mark but the fill's sign: it draws bars in a diverging lane. */
  strip: boolean;
  /** Whether the lane has room for the prompt's cell. */
  showPrompt: boolean;
}

/** Fill strength of a bar's colour: its length carries the size. */
const BAR_TONE = 0.8;

const place = (response: number, position: number) => response * 4096 + position;

function places(cells: readonly CellRef[] | null): Set<number> {
  return new Set((cells ?? []).map((cell) => place(cell.response, cell.position)));
}

function tone(t: number, view: LaneView, theme: Theme): string {
  return rampColour(view.lane.kind === 'diverging' ? Math.sign(t) * BAR_TONE : BAR_TONE, view.lane, theme);
}

/** Every cell of one lane in reading order. */
export function laneCells(input: CellsInput): CellModel[] {
  const { props, rows, view } = input;
  const until = props.shownTokens ?? Number.POSITIVE_INFINITY;
  const runs: Run[] = props.merged ? mergedRuns(props.batch, rows).filter(({ column }) => column < until) : [];
  if (!props.merged) {
    rows.forEach((row, i) => {
      for (let column = 0; column < Math.min(row.length, until); column++) runs.push({ row: i, column, span: 1 });
    });
  }
  const preview = props.preview?.laneId === view.lane.id ? props.preview.values : null;
  const values = preview ?? view.values;
  const marks = tokenMarks(props.batch, props.task, props.group);
  const marked = places(props.highlight);
  const pinned = props.pin && props.pin.group === props.group ? place(props.pin.response, props.pin.position) : -1;
  const cells: CellModel[] = [];
  const prompt = promptCell(input);
  if (prompt) cells.push(prompt);

  // Once for the lane and not for its hundreds of cells.
  const glyphs = props.task.vocabulary.map(visibleGlyph);
  const lane = spokenLane(view.lane);
  const only: Row[] = [];

  for (const run of runs) {
    const first = rows[run.row];
    only[0] = first;
    const members = run.span === 1 ? only : rows.slice(run.row, run.row + run.span);
    const token = first.start + run.column;
    const value = run.span === 1 ? values[token] : meanOf(values, members, run.column);
    const clipState = commonClip(view.clipState, members, run.column);
    const hasNumber = !Number.isNaN(value);
    const t = hasNumber ? rampPosition(value, view, input.gamma) : 0;
    const beyond = hasNumber && !view.noSignal && isBeyond(t, view.lane);
    const barred = hasNumber && (input.encoding === 'bars' || (input.strip && view.lane.kind === 'diverging'));
    const isFilled = hasNumber && !barred;
    const fill = isFilled ? rampColour(view.noSignal ? 0 : t, view.lane, props.theme) : '';
    const glyph = glyphs[props.batch.tokens[token]] ?? '?';
    const number = cellNumber(value, view.lane);
    const own = marks.get(token);
    const isPinned = members.some((member) => place(member.response, run.column) === pinned);
    const isMarked = marked.size > 0 && members.some((member) => marked.has(place(member.response, run.column)));

    let className = 'mx-cell';
    if (!hasNumber) className += ' is-void';
    if (view.noSignal) className += ' is-flat';
    else if (clipState === CLIP_STATE.clipped) className += ' is-clipped';
    else if (clipState === CLIP_STATE.dualClipped) className += ' is-dual';
    else if (clipState === CLIP_STATE.masked) className += ' is-masked';
    if (barred) className += ' has-bar';
    if (beyond) className += ' is-beyond';
    if (own) for (const mark of own) className += ` is-${mark}`;
    if (preview) className += ' is-preview';
    if (isMarked) className += ' is-marked';
    if (isPinned) className += ' is-pinned';
    if (props.merged && run.span === 1) className += ' is-single';
    if (glyph.length > 2) className += ' is-long';
    if (glyph === '␣') className += ' is-low';
    if (props.batch.source?.[token]) className += ' is-edited';

    cells.push({
      row: run.row,
      column: run.column,
      span: run.span,
      response: first.response,
      glyph: input.strip ? '' : glyph,
      number: input.strip || barred ? '' : printed(value, number, run.span, input),
      fill,
      ink: isFilled ? inkOn(fill) : '',
      className,
      name: cellName({
        response: first.response,
        position: run.column,
        shared: run.span,
        glyph,
        lane,
        number: view.lane.kind === 'categorical' && hasNumber ? `${number} ${categoryName(spokenValue(value, view.lane))}` : number,
        clipState,
        marks: own,
        isBeyond: beyond,
        isPreview: preview !== null,
        noSignal: view.noSignal === true,
      }),
      bar: barred && !view.noSignal ? Math.max(-1, Math.min(1, t)) : null,
      barColour: barred ? tone(t, view, props.theme) : '',
    });
  }
  return cells;
}

/** What stands under the glyph. */
function printed(value: number, number: string, span: number, { view, density }: CellsInput): string {
  if (density === 'glyph') return signMark(value, view.lane);
  return span > 1 && number !== '' ? `${number}\nn${span}` : number;
}

/** Mean over the samples that share a token: the net push on it. NaN (no number) is left out. */
function meanOf(values: Float64Array, members: readonly Row[], column: number): number {
  let sum = 0;
  let count = 0;
  for (const member of members) {
    const value = values[member.start + column];
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/** A merged token counts as clipped only where every sample of it is. */
function commonClip(states: Uint8Array | undefined, members: readonly Row[], column: number): number {
  const state = states?.[members[0].start + column] ?? CLIP_STATE.none;
  return members.every((member) => states?.[member.start + column] === state) ? state : CLIP_STATE.none;
}

/** V(s_0): one number for the whole group, before any token was drawn. */
function promptCell({ props, rows, view, gamma, showPrompt }: CellsInput): CellModel | null {
  const value = view.promptValue;
  if (value === undefined || !showPrompt || rows.length === 0) return null;
  const prompt = props.batch.groups[props.group].prompt;
  const last = props.task.vocabulary[prompt[prompt.length - 1]] ?? '';
  const fill = rampColour(rampPosition(value, view, gamma), view.lane, props.theme);
  return {
    row: 0,
    column: PROMPT_COLUMN,
    span: rows.length,
    response: rows[0].response,
    glyph: visibleGlyph(last),
    number: formatNumber(value, 2),
    fill,
    ink: inkOn(fill),
    className: 'mx-cell is-prompt',
    name: `prompt, before the first token, value ${formatNumber(value, 2)}`,
    bar: null,
    barColour: '',
  };
}
