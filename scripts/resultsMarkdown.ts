/** Pieces that the sections of `docs/results.md` share. */
import { METHODS } from '../src/core/methods/index.ts';
import type { CellPlace } from './resultFigures.ts';

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');

export const titleOf = (id: string): string => METHODS.find((method) => method.id === id)?.title ?? id;

/** A method on a task at its own default knobs. */
export const methodPlace = (task: string, method: string): CellPlace => ({ study: 'methods', task, method, variant: '' });
