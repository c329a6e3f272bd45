/** Sentences with facts in them, and the facts that many lessons share. */
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { RolloutResponse } from '../../core/batch.ts';
import type { Fact, LessonView, Paragraph, Place } from './types.ts';

/** ``say`GRPO gives it ${credit(place)}.` `` */
export const say = (words: TemplateStringsArray, ...facts: readonly Fact[]): Paragraph => ({ words: [...words], facts });

/** A number as the page prints it: two decimals, its sign where it has a direction. */
export const number =
  (value: (view: LessonView) => number, how: { digits?: number; isSigned?: boolean } = {}): Fact =>
  (view) => {
    const found = value(view);
    const { digits = 2, isSigned = false } = how;
    const size = Number.isFinite(found) ? Math.abs(found).toFixed(digits) : 'none';
    const isZero = Number(size) === 0;
    return { kind: 'number', value: found, isSigned, text: `${isZero ? '' : found < 0 ? '−' : isSigned ? '+' : ''}${size}` };
  };

export const signed = (value: (view: LessonView) => number, digits = 2): Fact => number(value, { digits, isSigned: true });

/** A whole number in figures. */
export const count = (value: (view: LessonView) => number): Fact => number(value, { digits: 0 });

/** A share in per cent. */
export const percent =
  (value: (view: LessonView) => number): Fact =>
  (view) => ({ kind: 'number', value: value(view), text: `${Math.round(100 * value(view))} %` });

export const code =
  (text: (view: LessonView) => string): Fact =>
  (view) => ({ kind: 'code', text: text(view) });

export const word =
  (text: (view: LessonView) => string): Fact =>
  (view) => ({ kind: 'text', text: text(view) });

/** The responses of the shown prompt. */
export const responses = ({ batch, group }: LessonView): readonly RolloutResponse[] =>
  batch.responses.slice(batch.groups[group].start, batch.groups[group].end);

export const glyphAt = ({ task, batch }: LessonView, token: number): string => task.vocabulary[batch.tokens[token]] ?? '?';

/** Index of a place in the batch's flat arrays; −1 where there is no such token. */
export function tokenAt({ batch }: LessonView, place: Place | null): number {
  const row = place && batch.responses[batch.groups[place.group]?.start + place.response];
  return row && place && row.start + place.position < row.end ? row.start + place.position : -1;
}

/** The glyph at a place; `∅` where there is none. */
export const glyphOf = (view: LessonView, place: Place | null): string => {
  const t = tokenAt(view, place);
  return t < 0 ? '∅' : glyphAt(view, t);
};

export const textOf = (view: LessonView, row: RolloutResponse): string =>
  Array.from({ length: row.end - row.start }, (_, k) => glyphAt(view, row.start + k)).join('');

export const promptText = ({ task, batch, group }: LessonView): string =>
  batch.groups[group].prompt.map((token) => task.vocabulary[token]).join('');

/** The first token of the shown prompt that fits, sample by sample. */
export function find(view: LessonView, fits: (row: RolloutResponse, position: number, glyph: string) => boolean): Place | null {
  for (const [response, row] of responses(view).entries()) {
    for (let position = 0; position < row.end - row.start; position++) {
      if (fits(row, position, glyphAt(view, row.start + position))) return { group: view.group, response, position };
    }
  }
  return null;
}

export const isRight = (row: RolloutResponse): boolean => row.reward > 0.5;

/** First token of the first wrong step of a sample; −1 where it has none. */
export const firstWrong = (row: RolloutResponse): number =>
  row.spans?.find(({ kind, correct }) => kind === 'step' && correct === false)?.start ?? -1;

/** Where a sample that began as right ones did goes wrong: the last token of its first wrong step, or of its answer. */
export const wrongDigit = (view: LessonView): Place | null =>
  find(view, (row, position, glyph) => !isRight(row) && /\d/.test(glyph) && firstWrong(row) >= 0 && position >= firstWrong(row));

export const meanReward = (view: LessonView): number => {
  const all = responses(view);
  return all.reduce((sum, { reward }) => sum + reward, 0) / all.length;
};

export const rightCount = (view: LessonView): number => responses(view).filter(isRight).length;

/** Credit of one token under a method, NaN where there is none. */
export const creditAt = (view: LessonView, place: Place | null, method?: string, knobs?: Readonly<Record<string, number>>): number => {
  const t = tokenAt(view, place);
  return t < 0 ? Number.NaN : (view.credit(method, knobs)?.credit[t] ?? Number.NaN);
};

export const advantageAt = (view: LessonView, place: Place | null, method?: string): number => {
  const t = tokenAt(view, place);
  return t < 0 ? Number.NaN : (view.credit(method)?.advantages[t] ?? Number.NaN);
};

/** A traced number of one token, by its trace name. */
export function traceAt(view: LessonView, place: Place | null, name: string, method?: string): number {
  const t = tokenAt(view, place);
  const entry = view.credit(method)?.trace[name];
  if (t < 0 || !entry) return Number.NaN;
  if (entry.level === 'token') return entry.values[t];
  if (entry.level === 'batch') return entry.values[0];
  const response = view.batch.responses.findIndex(({ start, end }) => t >= start && t < end);
  return entry.values[entry.level === 'response' ? response : view.batch.responses[response].group];
}

export const fieldAt = (
  view: LessonView,
  place: Place | null,
  field: 'oldEntropies' | 'oldLogprobs' | 'trueAdvantages' | 'trueValues',
): number => view.batch.fields[field]?.[tokenAt(view, place)] ?? Number.NaN;

/** Places of the shown prompt by falling |value|; equal prefixes are one token to the eye, so their copies count too. */
export function strongest(view: LessonView, values: ArrayLike<number>, most = 1e-9): Place[] {
  const { group } = view;
  const all = responses(view).flatMap((row, response) =>
    Array.from({ length: row.end - row.start }, (_, position) => ({
      place: { group, response, position },
      size: Math.abs(values[row.start + position]),
    })),
  );
  const best = Math.max(...all.map(({ size }) => (Number.isNaN(size) ? 0 : size)));
  return all.filter(({ size }) => size >= best - most - 0.02 * best).map(({ place }) => place);
}

/** Share of the batch's tokens that are clipped at the update shown. */
export function clipShare({ clipState }: CreditResult): number {
  return clipState.filter((state) => state === 1 || state === 2).length / clipState.length;
}

export const groupMean = (values: ArrayLike<number>, start: number, end: number): number => {
  let sum = 0;
  for (let t = start; t < end; t++) sum += values[t];
  return sum / (end - start);
};

/** Mean of a token field over the whole batch. */
export const batchMean = (view: LessonView, field: 'oldEntropies'): number =>
  groupMean(view.batch.fields[field] ?? [], 0, view.batch.tokens.length);
