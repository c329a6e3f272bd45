import { CLIP_STATE } from '../../core/pipeline.types.ts';
import type { CellModel } from './cells.ts';
import { PROMPT_COLUMN } from './cells.ts';
import type { Row } from './rows.ts';
import { make } from './slots.ts';
import { readingOf } from './marks.ts';
import { clipWords, spokenValue, visibleGlyph } from './text.ts';
import type { MatrixPanelProps } from './types.ts';

const GAP = 8;
const EDGE = 6;

export interface TipText {
  title: string;
  lines: { label: string; value: string; note: string }[];
}

/** The tooltip's words: the token, then its number in every lane. All of it is in the inspector too. */
export function tipText(
  props: Pick<MatrixPanelProps, 'batch' | 'task' | 'group' | 'lanes'>,
  rows: readonly Row[],
  cell: CellModel,
): TipText {
  if (cell.column === PROMPT_COLUMN) {
    const prompt = props.batch.groups[props.group].prompt.map((token) => props.task.vocabulary[token]).join('');
    return { title: `prompt ${prompt}`, lines: [{ label: 'value before the first token', value: cell.number, note: '' }] };
  }
  const members = rows.slice(cell.row, cell.row + cell.span);
  const token = members[0].start + cell.column;
  const glyph = visibleGlyph(props.task.vocabulary[props.batch.tokens[token]] ?? '?');
  const whose = cell.span > 1 ? `${cell.span} responses` : `response ${cell.response + 1}`;
  const lines = props.lanes.map(({ lane, values, clipState }) => {
    const numbers = members.map((member) => values[member.start + cell.column]).filter((value) => !Number.isNaN(value));
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    const value =
      numbers.length === 0 ? 'none' : low === high ? spokenValue(low, lane) : `${spokenValue(low, lane)} to ${spokenValue(high, lane)}`;
    const states = members.map((member) => clipState?.[member.start + cell.column] ?? CLIP_STATE.none);
    const masked = states.filter((state) => state === CLIP_STATE.masked).length;
    const clipped = states.filter((state) => state !== CLIP_STATE.none).length - masked;
    const counts = [
      ...(clipped > 0 ? [`clipped in ${clipped} of ${cell.span}`] : []),
      ...(masked > 0 ? [`left out of the loss in ${masked} of ${cell.span}`] : []),
    ];
    const note = cell.span > 1 ? counts.join(', ') : clipWords(clipState?.[token] ?? CLIP_STATE.none);
    return { label: lane.label, value, note };
  });
  const reading = readingOf(props.batch, props.task, members[0].index).find(({ start, end }) => cell.column >= start && cell.column < end);
  if (reading) lines.unshift({ label: 'reads as', value: reading.text, note: '' });
  return { title: `${whose} · token ${cell.column + 1} · ${glyph}`, lines };
}

/** The one tooltip of the matrix. It stays while the pointer is over it, and goes with Esc. */
export interface Tip {
  readonly element: HTMLElement;
  show(text: TipText, anchor: DOMRect): void;
  hide(): void;
  isOpen(): boolean;
  remove(): void;
}

/** @param host where the tooltip lives: outside the matrix, whose containment would clip it */
export function createTip(host: HTMLElement): Tip {
  const element = make('div', 'mx-tip', 'tooltip');
  element.hidden = true;
  host.append(element);

  function show(text: TipText, anchor: DOMRect): void {
    const title = make('div', 'mx-tip-title');
    title.append(text.title);
    const rows = text.lines.map((line) => {
      const row = make('div', 'mx-tip-line');
      const label = make('span', 'mx-tip-label');
      label.append(line.label);
      const value = make('span', 'mx-tip-value');
      value.append(line.note ? `${line.value}, ${line.note}` : line.value);
      row.append(label, value);
      return row;
    });
    element.replaceChildren(title, ...rows);
    element.hidden = false;
    const { width, height } = element.getBoundingClientRect();
    const below = anchor.bottom + GAP;
    const top = below + height + EDGE <= window.innerHeight ? below : Math.max(EDGE, anchor.top - GAP - height);
    const left = Math.max(EDGE, Math.min(anchor.left, window.innerWidth - width - EDGE));
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }

  return {
    element,
    show,
    hide: () => {
      element.hidden = true;
    },
    isOpen: () => !element.hidden,
    remove: () => element.remove(),
  };
}
