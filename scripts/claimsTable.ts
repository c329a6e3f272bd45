/** The papers' claims against the runs that are kept: a section of `docs/results.md`. The claims are data, `docs/results/claims.json`. */
import { METHODS } from '../src/core/methods/index.ts';
import { meanInterval } from '../src/core/metrics/learningCurves.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';
import { readClaims } from './claims.ts';
import type { Claim, Measure, Side } from './claims.ts';
import { differenceAt, FIGURES, printed } from './resultFigures.ts';
import type { CellPlace } from './resultFigures.ts';
import { readScore, SCORE_NAMES } from './scoresTable.ts';
import type { ScoreName } from './scoresTable.ts';

export type Verdict = 'reproduced' | 'not reproduced' | 'reversed on the toy' | 'not tried' | 'waits for its runs';

const isScore = (figure: string): figure is ScoreName => (SCORE_NAMES as readonly string[]).includes(figure);

const placeOf = ({ method, variant }: Side, task: string): CellPlace => ({
  study: variant ? 'claims' : 'methods',
  task,
  method,
  variant: variant ?? '',
});

/** The difference of the two sides: over seeds, or of two scores of the same batch, whose intervals are added. */
function differenceOf({ figure, of, against, task = 'chain-sum' }: Measure): MeanInterval {
  if (!isScore(figure)) return differenceAt(placeOf(of, task), placeOf(against, task), figure);
  const [a, b] = [of, against].map(({ method }) => readScore(task, method)?.figures[figure] ?? null);
  const [x, lowX, highX] = a ?? [null, null, null];
  const [y, lowY, highY] = b ?? [null, null, null];
  if (x === null || y === null || lowX === null || highX === null || lowY === null || highY === null) return meanInterval([]);
  return { mean: x - y, half: Math.max(highX - x, x - lowX) + Math.max(highY - y, y - lowY), n: 1 };
}

export function verdictOf(measure: Measure | undefined, difference: MeanInterval): Verdict {
  if (!measure) return 'not tried';
  const { mean, half, n } = difference;
  if (n === 0 || Number.isNaN(half)) return 'waits for its runs';
  const { expect, margin = 0 } = measure;
  if (expect === 'same') {
    if (Math.abs(mean) + half <= margin) return 'reproduced';
    return Math.abs(mean) - half > margin ? 'reversed on the toy' : 'not reproduced';
  }
  const along = expect === 'above' ? mean : -mean;
  if (along - half > 0) return 'reproduced';
  return along + half < 0 ? 'reversed on the toy' : 'not reproduced';
}

const sideName = ({ method, variant }: Side): string =>
  `${METHODS.find(({ id }) => id === method)?.title ?? method}${variant ? ` (${variant})` : ''}`;

function figureText(measure: Measure, difference: MeanInterval): string {
  const { figure, of, against, task } = measure;
  const label = isScore(figure) ? figure : FIGURES[figure].label;
  const digits = isScore(figure) ? 2 : FIGURES[figure].digits;
  return `${label}${task ? ` on ${task}` : ''}, ${sideName(of)} minus ${sideName(against)}: ${printed(difference, digits, true)}`;
}

function commandOf({ figure, of, against, task = 'chain-sum' }: Measure): string {
  const methods = [...new Set([of.method, against.method])].join();
  if (isScore(figure)) return `--study scores --task ${task}`;
  return `--study ${of.variant || against.variant ? 'methods,claims' : 'methods'} --task ${task} --method ${methods}`;
}

export interface ClaimRow {
  method: string;
  claim: string;
  verdict: Verdict;
  figure: string;
  command: string;
}

/** At least one row a method of the registry; one whose claims nobody has written down says so. */
export function claimRows(claims: readonly Claim[] = readClaims(), methods: readonly { id: string }[] = METHODS): ClaimRow[] {
  return methods.flatMap(({ id }): ClaimRow[] => {
    const own = claims.filter(({ method }) => method === id);
    if (own.length === 0)
      return [{ method: id, claim: 'none written down yet', verdict: 'not tried', figure: 'nobody has listed its claims', command: '' }];
    return own.map(({ claim, measure, why = '' }) => {
      if (!measure) return { method: id, claim, verdict: 'not tried', figure: why, command: '' };
      const difference = differenceOf(measure);
      const verdict = verdictOf(measure, difference);
      return {
        method: id,
        claim,
        verdict,
        figure: `${figureText(measure, difference)}${why ? `. ${why}` : ''}`,
        command: commandOf(measure),
      };
    });
  });
}

export function claimsSection(): string {
  const rows = claimRows();
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length;
  const counts = (['reproduced', 'not reproduced', 'reversed on the toy', 'not tried', 'waits for its runs'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`)
    .join(', ');
  const lines = rows.map(({ method, claim, verdict, figure, command }) => {
    const title = METHODS.find(({ id }) => id === method)?.title ?? method;
    return `| [${title}](methods/${method}.md) | ${claim} | ${verdict} | ${figure} | ${command === '' ? '' : `\`${command}\``} |`;
  });
  return `## The papers' claims

${rows.length} claims: ${counts}. The verdict follows from the figure: *reproduced* where the 95 % interval of the difference lies on the side that the
claim names, *reversed* where it lies on the other, *not reproduced* where it holds 0 (for "the same": within the stated margin). A toy
cannot refute a paper: models here have 26,000 weights and answers of seven tokens. The command is \`npm run results --\` with what stands in
the last column; the claims are listed in [\`results/claims.json\`](results/claims.json).

| method | claim | verdict | figure | command |
|---|---|---|---|---|
${lines.join('\n')}`;
}
