import { PROMPT_COLUMN } from './cells.ts';
import type { CellModel } from './cells.ts';
import { createCrosshair } from './crosshair.ts';
import type { HeaderModel } from './headers.ts';
import type { GridShape, Place } from './keyboard.ts';
import { CELL_GAP, HEAD_ROW_HEIGHT, PROMPT_WIDTH } from './layout.ts';
import { applyCell, applyHeader, make, makeCell, makeHeader } from './slots.ts';
import type { CellSlot, HeaderSlot } from './slots.ts';

/** Row-header buttons as places of the grid, left of every cell. */
export const FLIP_COLUMN = -2;
export const EDIT_COLUMN = -3;
const FIRST_COLUMN = EDIT_COLUMN;
const MOVE_MS = 180;
const PROMPT_PITCH = PROMPT_WIDTH + CELL_GAP;

/** Everything one lane's grid shows. Lengths are CSS px. */
export interface GridModel {
  cells: readonly CellModel[];
  headers: readonly HeaderModel[];
  /** The first lane carries the visible row header; the others name their rows for screen readers only. */
  fullHeader: boolean;
  /** Length of each row in tokens, for the mark at the end of a merged row; null where there is none. */
  leaves: readonly number[] | null;
  columns: number;
  hasPrompt: boolean;
  cellWidth: number;
  rowHeight: number;
  headerWidth: number;
}

export type Hit = { kind: 'cell'; cell: CellModel; element: HTMLElement } | { kind: 'flip' | 'edit'; response: number };

interface RowSlot {
  element: HTMLElement;
  header: HeaderSlot;
  /** By column − PROMPT_COLUMN. */
  cells: CellSlot[];
  /** Columns in the document, as a string, so that children are rearranged only when it changes. */
  shape: string;
}

export interface GridPainter {
  /** `animate` moves cells from their old places, where the same tokens are laid out anew. */
  paint(model: GridModel, animate: boolean): void;
  hit(target: EventTarget | null): Hit | null;
  shape(): GridShape;
  elementAt(place: Place): HTMLElement | null;
  cellOf(response: number, position: number): { element: HTMLElement; cell: CellModel } | null;
  active(): Place;
  /** Draws the crosshair through a cell, or takes it away. */
  cross(cell: { row: number; column: number; span: number } | null): void;
  /** Moves the grid's one tab stop. */
  activate(place: Place): void;
}

/** Owns the DOM under one `role="grid"` element. React never renders into it. */
export function createGridPainter(grid: HTMLElement): GridPainter {
  const headRow = make('div', 'mx-row mx-row-head', 'row');
  headRow.setAttribute('aria-rowindex', '1');
  const corner = make('div', 'mx-corner', 'columnheader');
  corner.append('response');
  headRow.append(corner);
  const promptHead = make('div', 'mx-colhead', 'columnheader');
  promptHead.append('V₀');
  promptHead.setAttribute('aria-label', 'V₀, before the first token');
  promptHead.style.width = `${PROMPT_WIDTH}px`;
  promptHead.setAttribute('aria-colindex', '2');
  headRow.append(promptHead);
  grid.append(headRow);
  const crosshair = createCrosshair(grid);
  const heads: HTMLElement[] = [];
  const rows: RowSlot[] = [];
  const slotOf = new WeakMap<Element, CellSlot>();
  let model: GridModel | null = null;
  /** [row][column − PROMPT_COLUMN] → the cell that covers the place. */
  let cover: (CellModel | undefined)[][] = [];
  let place: Place = { row: 0, column: 0 };
  let tabStop: HTMLElement | null = null;

  function rowAt(i: number, full: boolean): RowSlot {
    let row = rows[i];
    if (!row || row.header.element.classList.contains('mx-hidden') === full) {
      row?.element.remove();
      row = { element: make('div', 'mx-row', 'row'), header: makeHeader(full), cells: [], shape: '' };
      row.element.setAttribute('aria-rowindex', String(i + 2));
      row.element.append(row.header.element);
      rows[i] = row;
    }
    return row;
  }

  function paintHeads(next: GridModel, pitch: number, x0: number): void {
    promptHead.hidden = !next.hasPrompt;
    promptHead.style.left = `${x0 - PROMPT_PITCH}px`;
    while (heads.length < next.columns) heads.push(make('div', 'mx-colhead', 'columnheader'));
    while (heads.length > next.columns) heads.pop()?.remove();
    heads.forEach((head, column) => {
      const text = String(column + 1);
      if (head.textContent !== text) head.textContent = text;
      head.setAttribute('aria-label', `token ${column + 1}`);
      head.setAttribute('aria-colindex', String(column + (next.hasPrompt ? 3 : 2)));
      head.style.left = `${x0 + column * pitch}px`;
      head.style.width = `${next.cellWidth}px`;
      if (head.parentNode !== headRow) headRow.append(head);
    });
  }

  function paint(next: GridModel, animate: boolean): void {
    const before = animate && model ? geometry(model) : null;
    const pitch = next.cellWidth + CELL_GAP;
    const rowPitch = next.rowHeight + CELL_GAP;
    const header = next.fullHeader ? next.headerWidth : 0;
    const x0 = header + (next.hasPrompt ? PROMPT_PITCH : 0);
    const isNewSize =
      !model ||
      (['columns', 'cellWidth', 'rowHeight', 'headerWidth', 'hasPrompt', 'fullHeader'] as const).some((key) => model?.[key] !== next[key]);
    if (isNewSize) {
      grid.style.width = `${x0 + next.columns * pitch}px`;
      grid.style.setProperty('--mx-row', `${rowPitch}px`);
      grid.style.setProperty('--mx-header', `${header}px`);
      grid.setAttribute('aria-colcount', String(next.columns + (next.hasPrompt ? 2 : 1)));
      paintHeads(next, pitch, x0);
    }
    if (grid.getAttribute('aria-rowcount') !== String(next.headers.length + 1))
      grid.setAttribute('aria-rowcount', String(next.headers.length + 1));

    cover = next.headers.map(() => []);
    const perRow: CellModel[][] = next.headers.map(() => []);
    for (const cell of next.cells) {
      perRow[cell.row].push(cell);
      for (let r = cell.row; r < cell.row + cell.span; r++) cover[r][cell.column - PROMPT_COLUMN] = cell;
    }
    while (rows.length > next.headers.length) rows.pop()?.element.remove();
    next.headers.forEach((headerModel, i) => {
      const row = rowAt(i, next.fullHeader);
      if (row.element.parentNode !== grid) grid.append(row.element);
      applyHeader(row.header, headerModel, next.fullHeader);
      paintLeaf(row.element, next, headerModel, i, x0, pitch);
      const present: HTMLElement[] = [];
      let shape = '';
      for (const cell of perRow[i]) {
        const at = cell.column - PROMPT_COLUMN;
        let slot = row.cells[at];
        if (!slot) {
          slot = makeCell();
          row.cells[at] = slot;
          slotOf.set(slot.element, slot);
        }
        const left = cell.column === PROMPT_COLUMN ? header : x0 + cell.column * pitch;
        applyCell(
          slot,
          cell,
          left,
          cell.column === PROMPT_COLUMN ? PROMPT_WIDTH : next.cellWidth,
          cell.span * rowPitch - CELL_GAP,
          cell.column + (next.hasPrompt ? 3 : 2),
        );
        present.push(slot.element);
        shape += `${cell.column} `;
      }
      if (shape !== row.shape) {
        const kept = new Set(present);
        for (const slot of row.cells) if (slot && !kept.has(slot.element)) slot.element.remove();
        present.forEach((element, k) => {
          const sibling = row.element.children[k + 1] ?? null;
          if (sibling !== element) row.element.insertBefore(element, sibling);
        });
        row.shape = shape;
      }
    });
    model = next;
    activate(place);
    if (before) move(before, next);
  }

  function paintLeaf(element: HTMLElement, next: GridModel, header: HeaderModel, i: number, x0: number, pitch: number): void {
    const leaf = next.leaves ? (header.isRight ? '✓' : '✗') : undefined;
    if (element.dataset.leaf !== leaf) {
      if (leaf) element.dataset.leaf = leaf;
      else delete element.dataset.leaf;
    }
    if (next.leaves) element.style.setProperty('--leaf-x', `${x0 + next.leaves[i] * pitch}px`);
  }

  /** Where each token is, by response and position. */
  function geometry(of: GridModel): Map<number, { x: number; y: number; height: number }> {
    const pitch = of.cellWidth + CELL_GAP;
    const rowPitch = of.rowHeight + CELL_GAP;
    const x0 = (of.fullHeader ? of.headerWidth : 0) + (of.hasPrompt ? PROMPT_PITCH : 0);
    const places = new Map<number, { x: number; y: number; height: number }>();
    for (const cell of of.cells) {
      places.set(cell.response * 4096 + cell.column, {
        x: x0 + cell.column * pitch,
        y: cell.row * rowPitch,
        height: cell.span * rowPitch - CELL_GAP,
      });
    }
    return places;
  }

  function move(before: ReturnType<typeof geometry>, next: GridModel): void {
    const after = geometry(next);
    for (const row of rows) {
      for (const slot of row.cells) {
        if (!slot?.model || slot.element.parentNode !== row.element) continue;
        const key = slot.model.response * 4096 + slot.model.column;
        const from = before.get(key);
        const to = after.get(key);
        if (!from || !to || (from.x === to.x && from.y === to.y && from.height === to.height)) continue;
        slot.element.animate(
          [
            { transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)`, height: `${from.height}px` },
            { transform: 'none', height: `${to.height}px` },
          ],
          { duration: MOVE_MS, easing: 'ease-out' },
        );
      }
    }
  }

  function hit(target: EventTarget | null): Hit | null {
    if (!(target instanceof Element)) return null;
    const element = target.closest<HTMLElement>('.mx-cell');
    const cell = element ? slotOf.get(element)?.model : undefined;
    if (element && cell) return { kind: 'cell', cell, element };
    const button = target.closest('.mx-flip, .mx-edit');
    const row = button ? rows.findIndex((slot) => slot.header.flip === button || slot.header.edit === button) : -1;
    if (!button || row < 0 || !model) return null;
    return { kind: button.classList.contains('mx-flip') ? 'flip' : 'edit', response: model.headers[row].response };
  }

  function shape(): GridShape {
    const stopsOf = cover.map((cells) => {
      const stops: number[] = model?.fullHeader ? [EDIT_COLUMN, FLIP_COLUMN] : [];
      cells.forEach((cell, at) => {
        if (cell) stops.push(at + PROMPT_COLUMN);
      });
      return stops;
    });
    return {
      rows: cover.length,
      stops: (row) => stopsOf[row],
      extent: (at) => {
        const cell = at.column > FLIP_COLUMN ? cover[at.row]?.[at.column - PROMPT_COLUMN] : undefined;
        return cell ? { row: cell.row, span: cell.span } : { row: at.row, span: 1 };
      },
    };
  }

  function elementAt(at: Place): HTMLElement | null {
    const row = rows[at.row];
    if (!row) return null;
    if (at.column === FLIP_COLUMN) return row.header.flip;
    if (at.column === EDIT_COLUMN) return row.header.edit;
    const cell = cover[at.row]?.[at.column - PROMPT_COLUMN];
    return cell ? (rows[cell.row].cells[cell.column - PROMPT_COLUMN]?.element ?? null) : null;
  }

  function activate(at: Place): void {
    const row = Math.max(0, Math.min(at.row, cover.length - 1));
    let column = Math.max(FIRST_COLUMN, at.column);
    while (column > 0 && !elementAt({ row, column })) column--;
    place = { row, column };
    const element = elementAt(place);
    if (element === tabStop) return;
    if (tabStop) tabStop.tabIndex = -1;
    if (element) element.tabIndex = 0;
    tabStop = element;
  }

  function cellOf(response: number, position: number): { element: HTMLElement; cell: CellModel } | null {
    const row = model?.headers.findIndex((header) => header.response === response) ?? -1;
    const cell = cover[row]?.[position - PROMPT_COLUMN];
    const element = cell ? elementAt({ row, column: position }) : null;
    return cell && element ? { element, cell } : null;
  }

  function cross(cell: { row: number; column: number; span: number } | null): void {
    heads.forEach((head, column) => head.classList.toggle('is-crossed', cell?.column === column));
    rows.forEach((row, i) => row.header.element.classList.toggle('is-crossed', cell !== null && i >= cell.row && i < cell.row + cell.span));
    if (!cell || !model) {
      crosshair.hide();
      return;
    }
    const pitch = model.cellWidth + CELL_GAP;
    const rowPitch = model.rowHeight + CELL_GAP;
    const x0 = (model.fullHeader ? model.headerWidth : 0) + (model.hasPrompt ? PROMPT_PITCH : 0);
    crosshair.show({
      left: x0 + cell.column * pitch,
      top: HEAD_ROW_HEIGHT + cell.row * rowPitch,
      width: model.cellWidth,
      height: cell.span * rowPitch - CELL_GAP,
    });
  }

  return { paint, cross, hit, shape, elementAt, cellOf, active: () => place, activate };
}
