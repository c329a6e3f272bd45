import { make } from './slots.ts';

/** A box in the grid's own coordinates, CSS px. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Two outlines over a grid, one along the row and one along the column: moving them repaints no cell. */
export function createCrosshair(grid: HTMLElement): { show(box: Box): void; hide(): void } {
  const row = make('div', 'mx-hair mx-hair-row');
  const column = make('div', 'mx-hair mx-hair-column');
  for (const hair of [row, column]) {
    hair.setAttribute('aria-hidden', 'true');
    hair.hidden = true;
    grid.append(hair);
  }
  return {
    show({ left, top, width, height }) {
      row.hidden = false;
      column.hidden = false;
      row.style.top = `${top}px`;
      row.style.height = `${height}px`;
      column.style.left = `${left}px`;
      column.style.width = `${width}px`;
    },
    hide() {
      row.hidden = true;
      column.hidden = true;
    },
  };
}
