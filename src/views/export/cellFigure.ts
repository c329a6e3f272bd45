import type { CellModel } from '../matrix/cells.ts';
import { PRINT } from './printColours.ts';
import { element, escapeXml, textAt, textWidth } from './svg.ts';

export const CELL_WIDTH = 46;
export const CELL_HEIGHT = 36;
export const GAP = 1;

const GLYPH_SIZE = 14;
const LONG_GLYPH_SIZE = 9;
const NUMBER_SIZE = 10.5;
const NUMBER_LEADING = 11;

const INKS = { dark: '#000', light: '#fff' } as const;
type Ink = keyof typeof INKS;
const inkNamed = (ink: string): Ink => (ink === INKS.light ? 'light' : 'dark');

/** A tile of lines; straight ones, so that every renderer draws the same. */
const lines = (id: string, size: number, ...paths: readonly (readonly [d: string, colour: string, opacity: number])[]): string =>
  element(
    'pattern',
    { id, width: size, height: size, patternUnits: 'userSpaceOnUse' },
    ...paths.map(([d, stroke, opacity]) => element('path', { d, stroke, 'stroke-opacity': opacity, 'stroke-width': 1.2, fill: 'none' })),
  );

const RISING = 'M-1 9L9 -1M-1 1L1 -1M7 9L9 7';
const FALLING = 'M-1 -1L9 9M7 -1L9 1M-1 7L1 9';

/** Hatches: clipped, dual-clipped and "no signal" differ by the direction of their lines, as on the page. */
export const CELL_DEFS = (Object.keys(INKS) as Ink[])
  .flatMap((name) => [
    lines(`clipped-${name}`, 8, [FALLING, INKS[name], 0.4]),
    lines(`dual-${name}`, 8, [FALLING, INKS[name], 0.4], [RISING, INKS[name], 0.4]),
    lines(`flat-${name}`, 5, ['M0.5 0L0.5 5', INKS[name], 0.25]),
  ])
  .join('');

const DECORATIONS: readonly (readonly [RegExp, string])[] = [
  [/is-undone.*is-wrong|is-wrong.*is-undone/, 'underline line-through'],
  [/is-wrong|is-redundant/, 'underline'],
  [/is-undone/, 'line-through'],
];

/** One cell of the page's model: fill, hatch, marks, glyph and number. The tooltip is its accessible name. */
export function cellFigure(cell: CellModel, left: number, top: number, width: number): string {
  const height = cell.span * (CELL_HEIGHT + GAP) - GAP;
  const has = (mark: string): boolean => cell.className.split(' ').includes(mark);
  const box = { x: left, y: top, width, height, rx: 3 };
  const ink = cell.ink || PRINT.ink;
  const parts = [
    element('title', {}, escapeXml(cell.name)),
    element('rect', { ...box, fill: cell.fill || (has('is-void') ? 'none' : PRINT.empty) }),
  ];
  const hatch = has('is-clipped') ? 'clipped' : has('is-dual') ? 'dual' : has('is-flat') ? 'flat' : null;
  if (hatch) parts.push(element('rect', { ...box, fill: `url(#${hatch}-${inkNamed(ink)})` }));
  if (has('is-void') || has('is-masked'))
    parts.push(
      element('rect', {
        x: left + 1,
        y: top + 1,
        width: width - 2,
        height: height - 2,
        rx: 2,
        fill: 'none',
        stroke: PRINT.muted,
        'stroke-width': 2,
        'stroke-dasharray': '2 2',
      }),
    );
  if (has('is-beyond')) parts.push(element('path', { d: `M${left + width - 8} ${top}h8v8z`, fill: ink }));

  const rows = cell.number === '' ? [] : cell.number.split('\n');
  const glyphSize = has('is-long') ? LONG_GLYPH_SIZE : GLYPH_SIZE;
  const middle = left + width / 2;
  const total = (cell.glyph ? GLYPH_SIZE + 3 : 0) + rows.length * NUMBER_LEADING;
  let y = top + (height - total) / 2;
  // Words stand on the plain fill: a hatch must not cost them their contrast.
  const backing = (text: string, size: number, at: number): void => {
    const wide = Math.min(width, textWidth(text, size) + 4);
    if (hatch)
      parts.push(element('rect', { x: middle - wide / 2, y: at, width: wide, height: size + 1, rx: 2, fill: cell.fill || PRINT.empty }));
  };
  if (cell.glyph) {
    backing(cell.glyph, glyphSize, y);
    const decoration = DECORATIONS.find(([pattern]) => pattern.test(cell.className))?.[1];
    const style = {
      size: glyphSize,
      fill: ink,
      bold: !has('is-single'),
      italic: has('is-edited'),
      anchor: 'middle',
      decoration,
      role: 'glyph',
    } as const;
    parts.push(textAt(middle, y + GLYPH_SIZE - 2, cell.glyph, style));
    y += GLYPH_SIZE + 3;
  }
  for (const row of rows) {
    backing(row, NUMBER_SIZE, y - 1);
    parts.push(textAt(middle, y + NUMBER_SIZE - 2, row, { size: NUMBER_SIZE, fill: ink, anchor: 'middle', role: 'number' }));
    y += NUMBER_LEADING;
  }
  if (cell.bar !== null) {
    const room = height - GLYPH_SIZE - 8;
    const zero = top + height - 3 - room / 2;
    const size = (Math.abs(cell.bar) * room) / 2;
    parts.push(
      element('rect', {
        x: left + width * 0.15,
        y: cell.bar > 0 ? zero - size : zero,
        width: width * 0.7,
        height: Math.max(1, size),
        fill: cell.barColour,
      }),
    );
  }
  if (has('is-pinned'))
    parts.push(
      element('rect', {
        x: left - 0.5,
        y: top - 0.5,
        width: width + 1,
        height: height + 1,
        rx: 3,
        fill: 'none',
        stroke: PRINT.ink,
        'stroke-width': 2,
      }),
    );
  return element('g', { class: 'cell' }, ...parts);
}
