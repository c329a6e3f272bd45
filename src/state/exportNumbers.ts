/** The numbers on the screen as files: a line a token, or the batch in the form that the command line reads. */
import { batchToJson } from '../core/batchToJson.ts';
import { csvOf } from '../core/csv.ts';
import type { TokenField } from '../core/batch.ts';
import { laneValues } from '../core/lanes.ts';
import { CLIP_STATE } from '../core/pipeline.types.ts';
import { glyphs } from '../core/tasks/index.ts';
import type { About } from './about.ts';
import { findLane, shownLanes } from './lanes.ts';
import type { LabState } from './types.ts';

type Shown = Pick<LabState, 'batch' | 'task' | 'derived' | 'lanes'>;

/** Fields of a token that every table has, where the batch has them. */
const FIELDS: readonly TokenField[] = ['samplingLogprobs', 'oldLogprobs', 'logprobs', 'refLogprobs', 'oldEntropies', 'entropies', 'values'];
/** What the credit was worked out with, from its trace. */
const TRACED: readonly (readonly [column: string, trace: string])[] = [['ratio', 'ratio']];

const CLIP_WORDS: Readonly<Record<number, string>> = {
  [CLIP_STATE.none]: '',
  [CLIP_STATE.clipped]: 'clipped',
  [CLIP_STATE.dualClipped]: 'dual-clipped',
  [CLIP_STATE.masked]: 'masked',
};

export interface NumberTable {
  columns: readonly string[];
  lines: readonly (readonly (string | number | null)[])[];
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/**
 * One line a token of the whole batch; groups, responses (within their group) and positions count from 1, as on the page. Numbers
 * keep every digit; nothing stands where there is no number.
 */
export function tokenTable({ batch, task, derived, lanes }: Shown): NumberTable {
  const credit = derived?.credit;
  if (!batch || !task || !derived || !credit) throw new Error('There are no numbers on the screen yet.');
  const { method } = derived.composed;
  const columns: [string, Float64Array][] = FIELDS.flatMap((name): [string, Float64Array][] => {
    const values = batch.fields[name];
    return values ? [[name, values]] : [];
  });
  for (const [column, trace] of TRACED) {
    const values = laneValues({ trace }, batch, credit);
    if (!values.every(Number.isNaN)) columns.push([column, values]);
  }
  columns.push(['advantage', credit.advantages], ['credit', credit.credit]);
  for (const id of shownLanes(lanes, method)) {
    const lane = findLane(id, method);
    if (lane) columns.push([`lane:${id}`, laneValues(lane, batch, credit)]);
  }
  const lines = batch.responses.flatMap((response, i) => {
    const { prompt, start: first } = batch.groups[response.group];
    const text = glyphs(task, [...prompt]);
    return Array.from({ length: response.end - response.start }, (_, position) => {
      const t = response.start + position;
      return [
        response.group + 1,
        i - first + 1,
        position + 1,
        text,
        task.vocabulary[batch.tokens[t]] ?? '?',
        batch.tokens[t],
        response.reward,
        ...columns.map(([, values]) => orNull(values[t])),
        CLIP_WORDS[credit.clipState[t]] ?? '',
      ];
    });
  });
  return {
    columns: ['group', 'response', 'position', 'prompt', 'token', 'tokenId', 'reward', ...columns.map(([name]) => name), 'clipState'],
    lines,
  };
}

/** What a table is of stands in its last columns, on its first line: a comment line would be no line of a table to most readers. */
export function tokenCsv(shown: Shown, about: About): string {
  const { columns, lines } = tokenTable(shown);
  const said: readonly [string, string][] = [
    ['method', about.method],
    ['commit', about.commit],
    ['link', about.link],
    ['citation', about.citation.join(' ')],
  ];
  return csvOf(
    [...columns, ...said.map(([name]) => name)],
    lines.map((line, i) => [...line, ...said.map(([, value]) => (i === 0 ? value : null))]),
  );
}

/** The same as JSON, with the knobs. JSON has no infinities: they stand as text. */
export function tokenJson(shown: Shown, about: About): string {
  const { columns, lines } = tokenTable(shown);
  const tokens = lines.map((line) => Object.fromEntries(columns.map((column, i) => [column, line[i]])));
  const infinite = (_: string, value: unknown) => (value === Infinity || value === -Infinity ? String(value) : value);
  return `${JSON.stringify({ format: 'creditscope-tokens', version: 1, about, tokens }, infinite, 1)}\n`;
}

/** The command that gives the same credit without a browser. */
export function creditCommand({ method, knobs }: Pick<About, 'method' | 'knobs'>, file: string): string {
  const set = Object.entries(knobs).map(([id, value]) => ` --knob ${id}=${value}`);
  return `npm run --silent credit -- --input ${file} --method ${method}${set.join('')}`;
}

/** The batch in the JSON form of the command line, whose `method` is the viewed one; edits by hand are in it. */
export function batchFile({ batch }: Pick<LabState, 'batch'>, about: About, file: string): string {
  if (!batch) throw new Error('There is no batch on the screen yet.');
  return `${JSON.stringify({ method: about.method, about: { ...about, command: creditCommand(about, file) }, ...batchToJson(batch) })}\n`;
}
