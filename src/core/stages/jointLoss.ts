import type { TokenMatrix } from '../batch.ts';
import type { JointGrid } from '../jointGrid.ts';
import { cellsOf } from '../jointGrid.ts';
import { exp, logSumExp } from '../math.ts';

/** Row-major numbers with one row a token, from column `from` on. */
export interface Columns {
  matrix: TokenMatrix;
  from: number;
}

export interface RowLoss {
  /** [N] before the mean over the tokens. */
  values: Float64Array;
  /** [N, columns] ∂value/∂logit of each row, before the mean. */
  gradient: Float64Array;
}

/** Cross-entropy −log p(cell) of each row's R·L logits; its gradient is p − 1[cell] [ZIP-RC@63281ba train_ziprc_joint_head.py]. */
export function jointCrossEntropy(grid: JointGrid, { matrix, from }: Columns, cells: Int32Array): RowLoss {
  const width = cellsOf(grid);
  const values = new Float64Array(cells.length);
  const gradient = new Float64Array(cells.length * width);
  cells.forEach((cell, t) => {
    const start = t * matrix.width + from;
    const total = logSumExp(matrix.data, start, start + width);
    values[t] = total - matrix.data[start + cell];
    for (let c = 0; c < width; c++) gradient[t * width + c] = exp(matrix.data[start + c] - total) - (c === cell ? 1 : 0);
  });
  return { values, gradient };
}

/** The k largest of `count` entries from `start`, by falling value; the earlier of equal ones first. */
export function topIndices(values: ArrayLike<number>, start: number, count: number, k: number): number[] {
  return Array.from({ length: count }, (_, v) => v)
    .sort((a, b) => values[start + b] - values[start + a] || a - b)
    .slice(0, k);
}

/**
 * Forward KL of each row, Σ p̃ (log p̃ − log q): p̃ the teacher's softmax over its k largest logits, q the student's over all V
 * tokens, both at the temperature. By the student's logits its gradient is (q − p̃)/T.
 */
export function teacherKl(student: Columns, teacher: TokenMatrix, topK: number, temperature: number): RowLoss {
  const V = teacher.width;
  const n = teacher.data.length / V;
  const values = new Float64Array(n);
  const gradient = new Float64Array(n * V);
  for (let t = 0; t < n; t++) {
    const own = t * student.matrix.width + student.from;
    const total = logSumExp(student.matrix.data, own, own + V, temperature);
    const logq = (v: number) => student.matrix.data[own + v] / temperature - total;
    for (let v = 0; v < V; v++) gradient[t * V + v] = exp(logq(v)) / temperature;
    const top = topIndices(teacher.data, t * V, V, topK);
    const chosen = top.map((v) => teacher.data[t * V + v]);
    const teacherTotal = logSumExp(chosen, 0, chosen.length, temperature);
    top.forEach((v, k) => {
      const logp = chosen[k] / temperature - teacherTotal;
      const p = exp(logp);
      values[t] += p * (logp - logq(v));
      gradient[t * V + v] -= p / temperature;
    });
  }
  return { values, gradient };
}
