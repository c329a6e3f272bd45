import { CLIP_STATE } from '../../core/pipeline.types.ts';
import type { Lane } from '../../core/stages/types.ts';
import { formatCompact, formatNumber } from '../../ui/number.ts';
import { MARK_WORDS } from './marks.ts';
import type { Mark } from './marks.ts';

const VISIBLE: Readonly<Record<string, string>> = { ' ': '␣', '\n': '⏎', '\t': '⇥', '': '∅' };

/** The glyph of a token with blanks made visible; `<eos>` is written ⟨eos⟩. */
export function visibleGlyph(token: string): string {
  return VISIBLE[token] ?? token.replace(/^<(.+)>$/, '⟨$1⟩');
}

/** 0/1 and −1/1 rewards read alike, and a small bonus for the format alone is not a right answer. */
export function isRight(reward: number): boolean {
  return reward > 0.5;
}

/**
 * What stands for a category in a cell and before its name in the legend, since a word does not fit the smallest cell: the
 * letter that its name opens with (`b: before that`), else its number.
 */
export function categoryMark(value: number, lane: Pick<Lane, 'categories'>): string {
  return /^(\w): /.exec(lane.categories?.[value] ?? '')?.[1] ?? formatCompact(value);
}

/** The name of a category without its letter. */
export function categoryName(category: string): string {
  return category.replace(/^\w: /, '');
}

/** The number under a glyph: at most five figures wide, so that it fits the smallest cell. */
export function cellNumber(value: number, lane: Lane): string {
  if (Number.isNaN(value)) return '';
  if (lane.kind === 'categorical') return categoryMark(value, lane);
  const size = Math.abs(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return formatNumber(value, digits, { sign: lane.kind === 'diverging' });
}

/** The sign alone, for the dense view. */
export function signMark(value: number, lane: Lane): string {
  if (lane.kind !== 'diverging') return '';
  return value > 0 ? '+' : value < 0 ? '−' : '';
}

/** The unit as printed: a pure number, whose lane says `none`, has no word for it. */
export function unitOf({ unit }: Pick<Lane, 'unit'>): string {
  return unit === 'none' ? '' : unit;
}

/** A value with its unit, as printed in the tooltip: three figures, however small. */
export function spokenValue(value: number, lane: Lane): string {
  if (Number.isNaN(value)) return 'none';
  if (lane.kind === 'categorical') return lane.categories?.[value] ?? String(value);
  const sign = lane.kind === 'diverging' && value > 0 ? '+' : '';
  return `${sign}${formatCompact(value)}${unitOf(lane) && ` ${unitOf(lane)}`}`;
}

/** `Advantage` → `advantage`, but `KL` and `TD error` keep their capitals. */
export function inSentence(label: string): string {
  return /^[A-Z][a-z]/.test(label) ? label[0].toLowerCase() + label.slice(1) : label;
}

/** `entropy, nats` */
export function spokenLane(lane: Lane): string {
  return `${inSentence(lane.label)}${unitOf(lane) && `, ${unitOf(lane)}`}`;
}

const CLIP_WORDS: Readonly<Record<number, string>> = {
  [CLIP_STATE.clipped]: 'clipped',
  [CLIP_STATE.dualClipped]: 'dual-clipped',
  [CLIP_STATE.masked]: 'left out of the loss',
};

export function clipWords(state: number): string {
  return CLIP_WORDS[state] ?? '';
}

export interface CellNameInput {
  /** Index within the group of the first response that the cell stands for. */
  response: number;
  position: number;
  /** How many responses share the cell; 1 in the plain matrix. */
  shared: number;
  /** As printed: made visible. */
  glyph: string;
  /** The lane's label and unit in a sentence: see `spokenLane`. */
  lane: string;
  /** As printed; empty where there is none. */
  number: string;
  clipState: number;
  marks: ReadonlySet<Mark> | undefined;
  isBeyond: boolean;
  isPreview: boolean;
  noSignal: boolean;
}

/**
 * Accessible name of a cell, e.g. `response 3, token 7 '5' (advantage) −0.41, clipped`. Counts from 1.
 * What is printed in the cell, glyph then number, stands in it unbroken but for the parenthesis (WCAG 2.5.3, label in name).
 */
export function cellName(cell: CellNameInput): string {
  const isShared = cell.shared > 1;
  const glyph = `token ${cell.position + 1} '${cell.glyph}'`;
  const number = cell.number || 'none';
  const parts = [
    isShared
      ? `${glyph} (mean ${cell.lane}) ${number}, n${cell.shared} responses`
      : `response ${cell.response + 1}, ${glyph} (${cell.lane}) ${number}`,
  ];
  if (cell.isPreview) parts.push('preview');
  for (const mark of cell.marks ?? []) parts.push(MARK_WORDS[mark]);
  if (cell.clipState !== CLIP_STATE.none) parts.push(clipWords(cell.clipState));
  if (cell.isBeyond) parts.push('beyond the colour scale');
  if (cell.noSignal) parts.push('no signal');
  return parts.join(', ');
}

/** Accessible name of a row, e.g. `response 3: wrong, 7 tokens`. */
export function rowName(response: number, reward: number, tokens: number, edited: boolean): string {
  const words = `response ${response + 1}: ${isRight(reward) ? 'right' : 'wrong'}, ${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
  return edited ? `${words}, edited, not sampled` : words;
}
