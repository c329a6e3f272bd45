/**
 * The view as a link: `#v=2&method=…&k.clipLow=0.1`. A typed table says what a link can hold; only what differs from the
 * defaults is written. Reading is forgiving: what is unknown or out of range is dropped or clamped, and named in one sentence;
 * links of older versions are rewritten first.
 */
import { compareField } from './compareLink.ts';
import { choice, choices, count, custom, LinkProblem, names, numbers, oneOf, ordinal, someOf, text } from './linkFields.ts';
import type { LinkField } from './linkFields.ts';
import { readSchedule, writeSchedule } from './schedule.ts';
import type { RunSegment } from './schedule.ts';
import { EMBEDS, PANELS, PARTS, WORKSPACES } from './types.ts';
import type { Compare, CreditLane, Embed, LessonPlace, Mix, Panel, Part, Pin, RowOrder, ThemeChoice, Workspace } from './types.ts';
import type { StageName } from '../core/stages/types.ts';

const VERSION = '2';
export const STAGE_NAMES: readonly StageName[] = ['sampling', 'reward', 'advantage', 'loss', 'regulariser'];
/** Longer hashes are no link of ours. */
const MAX_LENGTH = 8000;
/** Sentences that a notice has room for. */
const MAX_PROBLEMS = 5;

/** How the samples are laid out: rows, the tree that merges equal prefixes, or its branches alone. */
export type Layout = 'matrix' | 'tree' | 'branches';

/** What a link can say. Knob ids and lane ids are checked later, where the method is known. */
export interface LinkState {
  taskId: string;
  checkpointId: string;
  seed: string;
  /** A live run up to this step; null for the recording. */
  step: number | null;
  /** What that run was trained with before the present settings; empty where they were never changed. */
  schedule: readonly RunSegment[];
  /** Null: the prompt that the recording opens with. */
  group: number | null;
  viewMethod: string;
  trainMethod: string;
  overrides: Readonly<Record<string, number>>;
  mix: Mix;
  trainMix: Mix;
  compare: Compare | null;
  workspace: Workspace;
  rowOrder: RowOrder;
  /** Null: what suits the method. */
  lanes: readonly string[] | null;
  creditLane: CreditLane;
  update: 'last' | number;
  layout: Layout;
  pin: Pin | null;
  theme: ThemeChoice;
  /** Pages count from 0 here, from 1 in the hash. */
  lesson: LessonPlace | null;
  lecture: boolean;
  panels: readonly Panel[];
  hide: readonly Part[];
  embed: Embed | null;
}

/** What a link may name, from the registries. */
export interface LinkVocabulary {
  tasks: readonly string[];
  methods: readonly string[];
}

function readPin(value: string): Pin {
  const parts = value.split('.');
  try {
    if (parts.length !== 3) throw new LinkProblem();
    const [group, response, position] = parts.map((part) => ordinal('pin', part));
    return { group: group - 1, response: response - 1, position: position - 1 };
  } catch {
    throw new LinkProblem(`pin "${value.slice(0, 40)}" is not prompt.response.position, e.g. 1.5.6.`);
  }
}

function readLesson(value: string): LessonPlace {
  const at = value.lastIndexOf('.');
  if (!/^[a-z][a-z-]{0,40}$/.test(value.slice(0, at))) throw new LinkProblem(`lesson "${value.slice(0, 40)}" is not name.page.`);
  return { id: value.slice(0, at), page: ordinal('lesson', value.slice(at + 1)) - 1 };
}

/** The table: every value of a link, in the order in which links are written. */
const table = (known: LinkVocabulary): { readonly [K in keyof LinkState]: LinkField<LinkState[K]> } => ({
  taskId: choice('task', known.tasks),
  checkpointId: text('checkpoint'),
  seed: text('seed'),
  step: count('step'),
  schedule: custom<readonly RunSegment[]>('run', writeSchedule, (value) => readSchedule(value, known.methods, STAGE_NAMES)),
  group: count('prompt', 1),
  viewMethod: choice('method', known.methods),
  trainMethod: choice('train', known.methods),
  overrides: numbers('k.'),
  mix: choices('mix.', STAGE_NAMES, known.methods),
  trainMix: choices('train.', STAGE_NAMES, known.methods),
  compare: compareField(known.methods, STAGE_NAMES),
  workspace: choice('view', WORKSPACES),
  rowOrder: choice<RowOrder>('rows', ['sampled', 'reward', 'trie']),
  lanes: names('lanes'),
  creditLane: choice<CreditLane>('show', ['credit', 'advantage']),
  update: custom<'last' | number>('update', String, (value) => (value === 'last' ? value : ordinal('update', value))),
  layout: choice<Layout>('layout', ['matrix', 'tree', 'branches']),
  pin: custom<Pin | null>(
    'pin',
    (pin) => pin && [pin.group, pin.response, pin.position].map((place) => place + 1).join('.'),
    (value) => readPin(value),
  ),
  theme: choice<ThemeChoice>('theme', ['auto', 'light', 'dark']),
  lesson: custom<LessonPlace | null>(
    'lesson',
    (lesson) => lesson && `${lesson.id}.${lesson.page + 1}`,
    (value) => readLesson(value),
  ),
  lecture: custom<boolean>(
    'lecture',
    (lecture) => (lecture ? '1' : null),
    (value) => value === '1',
  ),
  panels: someOf('panels', PANELS),
  hide: someOf('hide', PARTS),
  embed: custom<Embed | null>(
    'embed',
    (embed) => embed,
    (value) => oneOf('embed', EMBEDS, value),
  ),
});

type Entry = readonly [key: string, value: string];

/** Rewrites the entries of an older version as those of the next one. */
const MIGRATIONS: Readonly<Record<string, (entries: readonly Entry[]) => Entry[]>> = {
  // Version 1 had `tree=1` and `tree=branches`, one mix for the view and for training, and opened the shelf wherever a knob or
  // a stage was not at its default.
  '1': (entries) => [
    ...entries.map(([key, value]): Entry => (key === 'tree' ? ['layout', value === 'branches' ? value : 'tree'] : [key, value])),
    ...entries.filter(([key]) => key.startsWith('mix.')).map(([key, value]): Entry => [key.replace('mix', 'train'), value]),
    ...(entries.some(([key]) => /^(k|mix)\./.test(key)) ? [['panels', 'shelf'] as const] : []),
  ],
};

/** The hash of this state, without `#`; empty when all is at its default. */
export function encodeLink(state: LinkState, defaults: LinkState): string {
  const fields = table({ tasks: [], methods: [] });
  const parts = (Object.keys(fields) as (keyof LinkState)[]).flatMap((name) =>
    (fields[name] as LinkField<unknown>).write(state[name], defaults[name]),
  );
  if (parts.length === 0) return '';
  return [['v', VERSION], ...parts].map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2C', ',')}`).join('&');
}

/** The entries in this version's words, and a sentence where their version is not known. */
function migrated(entries: readonly Entry[]): { entries: readonly Entry[]; problems: string[] } {
  let version = entries.find(([key]) => key === 'v')?.[1] ?? VERSION;
  let current = entries.filter(([key]) => key !== 'v');
  const problems: string[] = [];
  if (current.length > 0 && !entries.some(([key]) => key === 'v'))
    problems.push(`The link names no version: it was read as version ${VERSION}.`);
  while (version !== VERSION && Object.hasOwn(MIGRATIONS, version)) {
    current = MIGRATIONS[version](current);
    version = String(Number(version) + 1);
  }
  if (version !== VERSION) problems.push(`The link is of version ${version.slice(0, 20)}, this page reads version ${VERSION}.`);
  return { entries: current, problems };
}

/** The state of a hash over the defaults, and one sentence for each thing that had to be dropped. */
export function decodeLink(hash: string, defaults: LinkState, known: LinkVocabulary): { state: LinkState; problems: string[] } {
  const state: Record<string, unknown> = { ...defaults, overrides: {}, mix: {}, trainMix: {} };
  const fields = Object.entries(table(known)) as [keyof LinkState, LinkField<unknown>][];
  const body = hash.replace(/^#/, '');
  const { entries, problems } = migrated([...new URLSearchParams(body.slice(0, MAX_LENGTH).replaceAll('+', '%2B'))]);
  if (body.length > MAX_LENGTH) problems.push('The link is too long: only its beginning was read.');
  for (const [key, value] of entries) {
    const found = fields.find(([, field]) => field.owns(key));
    try {
      if (!found) throw new LinkProblem(`"${key.slice(0, 40)}" means nothing here.`);
      state[found[0]] = found[1].read(value, key, state[found[0]]);
    } catch (error) {
      if (!(error instanceof LinkProblem)) throw error;
      problems.push(error.message);
    }
  }
  const more = problems.length - MAX_PROBLEMS;
  return {
    state: state as unknown as LinkState,
    problems: more > 1 ? [...problems.slice(0, MAX_PROBLEMS), `And ${more} more.`] : problems,
  };
}
