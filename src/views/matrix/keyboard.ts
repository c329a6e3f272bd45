/** A place in a grid. Columns count tokens from 0; the prompt's cell and the row header's buttons have negative columns. */
export interface Place {
  row: number;
  column: number;
}

/** What the keyboard needs to know of a grid that may be ragged and may have cells over several rows. */
export interface GridShape {
  rows: number;
  /** Reachable columns of a row in ascending order; a cell over several rows is in each of them. */
  stops(row: number): readonly number[];
  /** Top row and height in rows of the cell that covers a place. */
  extent(place: Place): { row: number; span: number };
}

function nearest(stops: readonly number[], column: number): number {
  return stops.reduce((best, stop) => (Math.abs(stop - column) < Math.abs(best - column) ? stop : best), stops[0] ?? 0);
}

/**
 * Where a key moves the focus in a grid with one tab stop (ARIA authoring practices, data grid), or null where the key is not for the grid.
 * Rows are ragged: moving up or down lands on the nearest cell of the next row. Home is the first token, not the row header.
 */
export function moveFocus(shape: GridShape, at: Place, key: string, ctrl: boolean): Place | null {
  const land = (row: number, column: number): Place => {
    const place = { row, column: nearest(shape.stops(row), column) };
    return { row: shape.extent(place).row, column: place.column };
  };
  const { row, span } = shape.extent(at);
  const stops = shape.stops(at.row);
  const firstToken = (stopsOfRow: readonly number[]) => stopsOfRow.find((stop) => stop >= 0) ?? stopsOfRow[0] ?? 0;
  switch (key) {
    case 'ArrowRight': {
      const next = stops.find((stop) => stop > at.column);
      return next === undefined ? at : land(at.row, next);
    }
    case 'ArrowLeft': {
      const before = stops.filter((stop) => stop < at.column);
      return before.length === 0 ? at : land(at.row, before[before.length - 1]);
    }
    case 'ArrowDown':
      return row + span < shape.rows ? land(row + span, at.column) : at;
    case 'ArrowUp':
      return row > 0 ? land(row - 1, at.column) : at;
    case 'Home': {
      const target = ctrl ? 0 : at.row;
      return land(target, firstToken(shape.stops(target)));
    }
    case 'End': {
      const target = ctrl ? shape.rows - 1 : at.row;
      return land(target, Number.MAX_SAFE_INTEGER);
    }
    default:
      return null;
  }
}
