import type { RolloutBatch } from '../../core/batch.ts';
import { formatNumber } from '../../ui/number.ts';
import type { Row } from './rows.ts';
import { isRight, rowName } from './text.ts';

/** What the shared row header says about one response. */
export interface HeaderModel {
  response: number;
  isRight: boolean;
  /** The reward where it is neither 0 nor ±1, else empty. */
  reward: string;
  tokens: string;
  /** Σ of the credit lane, e.g. `Σ +6.60`. */
  sum: string;
  copies: string;
  isEdited: boolean;
  name: string;
  flipName: string;
  editName: string;
}

/** Σ over a response's tokens; tokens without a number count as nothing, and a response with none at all has no sum. */
export function creditSum(values: Float64Array, row: Row): number {
  let sum = 0;
  let count = 0;
  for (let i = row.start; i < row.start + row.length; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += values[i];
    count++;
  }
  return count === 0 ? Number.NaN : sum;
}

/** At most six figures wide, as the row header is. */
function sumText(sum: number): string {
  const size = Math.abs(sum);
  return `Σ ${formatNumber(sum, size < 9.995 ? 2 : size < 999.5 ? 1 : 0, { sign: true })}`;
}

/** `isDrawing`: the answers are not finished yet, so that nobody has judged them; their names then say no more than which they are. */
export function headerModels(batch: RolloutBatch, rows: readonly Row[], credit: Float64Array, isDrawing = false): HeaderModel[] {
  return rows.map((row) => {
    const response = batch.responses[row.index];
    const edited = response.edited === true;
    const isPlain = row.reward === 0 || Math.abs(row.reward) === 1;
    const right = isRight(row.reward);
    const sum = creditSum(credit, row);
    return {
      response: row.response,
      isRight: right,
      reward: isPlain ? '' : formatNumber(row.reward, 2),
      tokens: `${row.length} tok`,
      sum: sumText(sum),
      copies: row.copies > 1 ? `×${row.copies}` : '',
      isEdited: edited,
      name: isDrawing
        ? `response ${row.response + 1}, being drawn`
        : `${rowName(row.response, row.reward, row.length, edited)}${Number.isNaN(sum) ? '' : `, sum ${sumText(sum).slice(2)}`}`,
      flipName: `response ${row.response + 1} is ${right ? 'right' : 'wrong'}: make it ${right ? 'wrong' : 'right'}`,
      editName: `edit response ${row.response + 1}`,
    };
  });
}
