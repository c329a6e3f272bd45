/** The papers' claims against the runs that are kept: a section of `docs/results.md`. The claims are data, `docs/results/claims.json`. */
import { METHODS } from '../src/core/methods/index.ts';
import { meanInterval } from '../src/core/metrics/learningCurves.ts';
import type { MeanInterval } from '../src/core/metrics/learningCurves.ts';
import { CLAIM_TASK, isScore, LONG_ANSWER, readClaims, sidesOf } from './claims.ts';
import type { Claim, Measure, Side } from './claims.ts';
import { isProbe, PROBE_LABELS, readProbe } from './probeCells.ts';
import { differenceAt, FIGURES, printed, SEEDS } from './resultFigures.ts';
import type { CellPlace } from './resultFigures.ts';
import { LONG_ANSWER_COMMAND, longAnswerDifference } from './longAnswerCells.ts';
import { readScore, SCORE_LABELS } from './scoresTable.ts';

const VERDICTS = ['reproduced', 'not reproduced', 'reversed on the toy', 'not tried', 'waiting for runs'] as const;
export type Verdict = (typeof VERDICTS)[number];

const placeOf = ({ method, variant }: Side, task: string): CellPlace => ({
  study: variant ? 'claims' : 'methods',
  task,
  method,
  variant: variant ?? '',
});

/**
 * The difference of the two sides: over seeds, or of two scores of one batch on the same draws of prompts. Gradient scores have no
 * such pairing: there the two intervals are added, which is wider than need be.
 */
function differenceOf(measure: Measure): MeanInterval {
  const { figure, of, against, task = CLAIM_TASK, times } = measure;
  if (isProbe(figure)) {
    const valueAt = ({ method, variant = '' }: Side, seed: string) =>
      readProbe({ figure, task, method, variant })?.values[seed] ?? Number.NaN;
    return meanInterval(SEEDS.map((seed) => valueAt(of, seed) - (typeof against === 'number' ? against : valueAt(against, seed))));
  }
  if (typeof against === 'number') throw new Error(`${figure} of ${of.method} is compared with a number, which only a probe is.`);
  if (figure === LONG_ANSWER) return longAnswerDifference(of.variant, against.variant);
  if (!isScore(figure)) return differenceAt(placeOf(of, task), placeOf(against, task), figure, times);
  const [own, other] = [of, against].map(({ method }) => readScore(task, method));
  const paired = own?.against?.[against.method]?.[figure];
  const [x, lowX, highX] = paired ?? own?.figures[figure] ?? [null, null, null];
  const [y, lowY, highY] = paired ? [0, 0, 0] : (other?.figures[figure] ?? [null, null, null]);
  if (x === null || y === null || lowX === null || highX === null || lowY === null || highY === null) return meanInterval([]);
  return { mean: x - y, half: Math.max(highX - x, x - lowX) + Math.max(highY - y, y - lowY), n: 1 };
}

/**
 * From where the interval lies to where the claim puts it; between the two there is nothing to say. An effect that is there but
 * smaller than `times` says, or than a number that stands for "high", is not reproduced, not reversed.
 */
export function verdictOf(measure: Measure | undefined, difference: MeanInterval): Verdict {
  if (!measure) return 'not tried';
  const { mean, half, n } = difference;
  if (n === 0 || Number.isNaN(half)) return 'waiting for runs';
  const { expect, margin = 0 } = measure;
  if (expect === 'same') {
    if (Math.abs(mean) + half <= margin) return 'reproduced';
    return Math.abs(mean) - half > margin ? 'reversed on the toy' : 'not reproduced';
  }
  const isUpward = expect === 'above' || expect === 'notBelow';
  const along = isUpward ? mean : 0 - mean;
  const bar = expect === 'above' || expect === 'below' ? 0 : 0 - margin;
  if (along - half > bar) return 'reproduced';
  const isOfSize = measure.times !== undefined || (typeof measure.against === 'number' && measure.against !== 0);
  return along + half < bar && !isOfSize ? 'reversed on the toy' : 'not reproduced';
}

const sideName = ({ method, variant }: Side): string =>
  `${METHODS.find(({ id }) => id === method)?.title ?? method}${variant ? ` (${variant})` : ''}`;

/** What the claim says of the figure as printed, which is a difference, or itself where it is compared with a number. */
function expected({ expect, against, margin = 0 }: Measure): string {
  const bar = typeof against === 'number' ? against : 0;
  if (expect === 'above') return `> ${bar}`;
  if (expect === 'below') return `< ${bar}`;
  if (expect === 'same') return bar === 0 ? `within ±${margin}` : `${bar} ± ${margin}`;
  const end = expect === 'notBelow' ? bar - margin : bar + margin;
  return `${expect === 'notBelow' ? '≥' : '≤'} ${String(Number(end.toPrecision(6))).replace('-', '−')}`;
}

function labelOf({ figure }: Measure): { label: string; digits: number } {
  if (figure === LONG_ANSWER) return { label: 'change of the log-prob of a long answer, nats', digits: 1 };
  if (isProbe(figure)) return PROBE_LABELS[figure];
  return isScore(figure) ? { label: SCORE_LABELS[figure], digits: 3 } : FIGURES[figure];
}

function figureText(measure: Measure, difference: MeanInterval): string {
  const { of, against, task, times } = measure;
  const { label, digits } = labelOf(measure);
  const isNumber = typeof against === 'number';
  const sides = isNumber ? sideName(of) : `${sideName(of)} minus ${times === undefined ? '' : `${times} × `}${sideName(against)}`;
  const shown = isNumber ? printed({ ...difference, mean: difference.mean + against }, digits) : printed(difference, digits, true);
  const seeds = isScore(measure.figure) || difference.n === 0 ? '' : ` (${difference.n} ${difference.n === 1 ? 'seed' : 'seeds'})`;
  return `${label}${task ? ` on ${task}` : ''}, ${sides}: ${shown}${seeds}; claimed ${expected(measure)}`;
}

function studyOf(measure: Measure): string {
  if (isProbe(measure.figure)) return 'probes';
  if (isScore(measure.figure)) return 'scores';
  return sidesOf(measure).some(({ variant }) => variant) ? 'methods,claims' : 'methods';
}

function commandOf(measure: Measure): string {
  const { figure, task = CLAIM_TASK } = measure;
  if (figure === LONG_ANSWER) return LONG_ANSWER_COMMAND;
  const methods = [...new Set(sidesOf(measure).map(({ method }) => method))].join();
  const study = studyOf(measure);
  return `--study ${study} --task ${task} --method ${methods}`;
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

const countOf = (rows: readonly ClaimRow[], verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;

/** How many claims there are, and how many of each verdict. */
export function claimCounts(rows: readonly ClaimRow[] = claimRows()): string {
  const counts = VERDICTS.filter((verdict) => countOf(rows, verdict) > 0).map((verdict) => `${countOf(rows, verdict)} ${verdict}`);
  return `${rows.length} claims: ${counts.join(', ')}`;
}

export function claimsSection(): string {
  const rows = claimRows();
  const lines = rows.map(({ method, claim, verdict, figure, command }) => {
    const title = METHODS.find(({ id }) => id === method)?.title ?? method;
    return `| [${title}](methods/${method}.md) | ${claim} | ${verdict} | ${figure} | ${command === '' ? '' : `\`${command}\``} |`;
  });
  const tried = rows.length - countOf(rows, 'not tried') - countOf(rows, 'waiting for runs');
  return `## The papers' claims

${claimCounts(rows)}. The verdict is computed from the figure's 95 % interval: *reproduced* where all of it lies where the claim puts the
difference (the end of the figure says where), *reversed* where all of it lies elsewhere, *not reproduced* where it reaches over the
border, or where an effect is there but not of the claimed size. So *not reproduced* says that these runs do not show it, not that it is false: the interval says how large an effect may hide in
it. One claim in forty is *reproduced* by luck where there is nothing, and one in forty *reversed*: of the ${tried} that were tried, about ${Math.round(tried / 40)}
of each. A difference of scores stands for one batch at the base model, one of runs or of probes (single batches, single comparisons) for other seeds. A toy cannot refute a
paper: models here have 26,000 weights and answers of seven tokens. The claims are listed in
[\`results/claims.json\`](results/claims.json); a variant in brackets is named there with its knobs.

The command is \`npm run results --\` with what stands in the last column. It makes the runs that are missing; with \`--check\` it makes those that
are there once more and says whether every digit is the same.

| method | claim | verdict | figure | command |
|---|---|---|---|---|
${lines.join('\n')}`;
}
