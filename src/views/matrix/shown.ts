import type { HeaderModel } from './headers.ts';
import type { Row } from './rows.ts';
import type { MatrixPanelProps } from './types.ts';

export interface ShownMatrix {
  props: MatrixPanelProps;
  rows: readonly Row[];
  headers: readonly HeaderModel[];
}

/** What the matrix on the screen paints, for who draws the same elsewhere: a figure never works a number out by itself. */
export const shown: { matrix: ShownMatrix | null } = { matrix: null };
