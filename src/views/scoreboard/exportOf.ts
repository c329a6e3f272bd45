/** The scoreboard as a JSON file: what it was worked out on, and one record a method. */
import { scoreTable } from '../../state/scoreboardColumns.ts';
import type { ScoreboardState, ScoreRow } from '../../state/scoreboardTypes.ts';

export function exportOf({ frozen, update, threshold, batches, gradients }: ScoreboardState, rows: readonly ScoreRow[]) {
  const { columns, lines } = scoreTable(rows);
  const hasGradients = gradients.status === 'done';
  return {
    format: 'creditscope-scoreboard',
    version: 1,
    task: frozen?.taskId ?? null,
    source: frozen?.source ?? null,
    step: frozen?.step ?? null,
    checkpoint: frozen?.checkpointId ?? null,
    seed: frozen?.seed ?? null,
    prompts: frozen?.batch.groups.length ?? 0,
    samples: frozen?.batch.responses.length ?? 0,
    tokens: frozen?.batch.tokens.length ?? 0,
    credit: update === 'first' ? 'ratio 1' : 'last update',
    signThreshold: threshold,
    intervals: '95 %, bootstrap over prompts; of gradients, over batches',
    gradients: hasGradients
      ? { batches, unopened: gradients.unopened, residual: gradients.residual, certificate: gradients.certificate }
      : null,
    methods: lines.map((line) => Object.fromEntries(columns.map((column, i) => [column, line[i]]))),
  };
}
