/**
 * The view as a link: `#v=1&method=…&k.clipLow=0.1`. Only what differs from the defaults is written.
 * Reading is forgiving: what is unknown or out of range is dropped or clamped, and named in one sentence.
 */
import { WORKSPACES } from './types.ts';
import type { CreditLane, Pin, RowOrder, ThemeChoice, Workspace } from './types.ts';
import type { StageName } from '../core/stages/types.ts';

const VERSION = '1';
export const STAGE_NAMES: readonly StageName[] = ['sampling', 'reward', 'advantage', 'loss', 'regulariser'];
const ROW_ORDERS: readonly RowOrder[] = ['sampled', 'reward', 'trie'];
const THEMES: readonly ThemeChoice[] = ['auto', 'light', 'dark'];

/** What a link can say. Knob ids and lane ids are checked later, where the method is known. */
export interface LinkState {
  taskId: string;
  checkpointId: string;
  seed: string;
  /** A live run up to this step; null for the recording. */
  step: number | null;
  /** Null: the prompt that the recording opens with. */
  group: number | null;
  viewMethod: string;
  trainMethod: string;
  overrides: Readonly<Record<string, number>>;
  mix: Readonly<Partial<Record<StageName, string>>>;
  workspace: Workspace;
  rowOrder: RowOrder;
  /** Null: what suits the method. */
  lanes: readonly string[] | null;
  creditLane: CreditLane;
  update: 'last' | number;
  tree: boolean;
  /** Only with the tree: its branches alone. */
  branchesOnly: boolean;
  pin: Pin | null;
  theme: ThemeChoice;
}

/** What a link may name, from the registries. */
export interface LinkVocabulary {
  tasks: readonly string[];
  methods: readonly string[];
}

/** The hash of this state, without `#`; empty when all is at its default. */
export function encodeLink(state: LinkState, defaults: LinkState): string {
  const parts: [string, string][] = [];
  const put = (key: string, value: string | number, standard: string | number | null): void => {
    if (value !== standard) parts.push([key, String(value)]);
  };
  put('task', state.taskId, defaults.taskId);
  put('checkpoint', state.checkpointId, defaults.checkpointId);
  put('seed', state.seed, defaults.seed);
  if (state.step !== null) parts.push(['step', String(state.step)]);
  if (state.group !== null) parts.push(['prompt', String(state.group + 1)]);
  put('method', state.viewMethod, defaults.viewMethod);
  put('train', state.trainMethod, defaults.trainMethod);
  for (const id of Object.keys(state.overrides).sort()) parts.push([`k.${id}`, String(state.overrides[id])]);
  for (const stage of STAGE_NAMES) if (state.mix[stage]) parts.push([`mix.${stage}`, state.mix[stage]]);
  put('view', state.workspace, defaults.workspace);
  put('rows', state.rowOrder, defaults.rowOrder);
  if (state.lanes) put('lanes', state.lanes.join(','), defaults.lanes?.join(',') ?? null);
  put('show', state.creditLane, defaults.creditLane);
  put('update', state.update, defaults.update);
  if (state.tree) parts.push(['tree', state.branchesOnly ? 'branches' : '1']);
  if (state.pin) parts.push(['pin', `${state.pin.group + 1}.${state.pin.response + 1}.${state.pin.position + 1}`]);
  put('theme', state.theme, defaults.theme);
  if (parts.length === 0) return '';
  return [['v', VERSION], ...parts].map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2C', ',')}`).join('&');
}

/** A positive whole number, or null. */
function ordinal(text: string): number | null {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
}

function readPin(text: string): Pin | null {
  const parts = text.split('.').map(ordinal);
  if (parts.length !== 3 || parts.some((part) => part === null)) return null;
  const [group, response, position] = parts as number[];
  return { group: group - 1, response: response - 1, position: position - 1 };
}

/** The state of a hash over the defaults, and one sentence for each thing that had to be dropped. */
export function decodeLink(hash: string, defaults: LinkState, known: LinkVocabulary): { state: LinkState; problems: string[] } {
  const state: { -readonly [K in keyof LinkState]: LinkState[K] } = { ...defaults };
  const problems: string[] = [];
  const overrides: Record<string, number> = {};
  const mix: Partial<Record<StageName, string>> = {};
  const entries = [...new URLSearchParams(hash.replace(/^#/, '').replaceAll('+', '%2B'))];
  const version = entries.find(([key]) => key === 'v')?.[1];
  if (entries.length > 0 && version !== VERSION) {
    problems.push(
      version
        ? `The link is of version ${version}, this page reads version ${VERSION}.`
        : `The link names no version: it was read as version ${VERSION}.`,
    );
  }
  const oneOf = <T extends string>(key: string, value: string, allowed: readonly T[]): T | null => {
    if ((allowed as readonly string[]).includes(value)) return value as T;
    problems.push(`${key} "${value}" is not known (there is ${allowed.join(', ')}).`);
    return null;
  };
  const count = (key: string, value: string): number | null => {
    const number = ordinal(value);
    if (number === null) problems.push(`${key} "${value}" is not a positive whole number.`);
    return number;
  };
  for (const [key, value] of entries) {
    if (key === 'v') continue;
    else if (key === 'task') state.taskId = oneOf(key, value, known.tasks) ?? state.taskId;
    else if (key === 'checkpoint') state.checkpointId = value.slice(0, 60);
    else if (key === 'seed') state.seed = value.slice(0, 60);
    else if (key === 'step') state.step = count(key, value) ?? state.step;
    else if (key === 'prompt') {
      const number = count(key, value);
      if (number !== null) state.group = number - 1;
    } else if (key === 'method') state.viewMethod = oneOf(key, value, known.methods) ?? state.viewMethod;
    else if (key === 'train') state.trainMethod = oneOf(key, value, known.methods) ?? state.trainMethod;
    else if (key === 'view') state.workspace = oneOf(key, value, WORKSPACES) ?? state.workspace;
    else if (key === 'rows') state.rowOrder = oneOf(key, value, ROW_ORDERS) ?? state.rowOrder;
    else if (key === 'lanes') state.lanes = value.split(',').filter((lane) => lane !== '');
    else if (key === 'show') state.creditLane = oneOf<CreditLane>(key, value, ['credit', 'advantage']) ?? state.creditLane;
    else if (key === 'update') state.update = value === 'last' ? value : (count(key, value) ?? state.update);
    else if (key === 'tree') {
      state.branchesOnly = value === 'branches';
      state.tree = value === '1' || state.branchesOnly;
    } else if (key === 'theme') state.theme = oneOf(key, value, THEMES) ?? state.theme;
    else if (key === 'pin') {
      state.pin = readPin(value);
      if (!state.pin) problems.push(`pin "${value}" is not prompt.response.position, e.g. 1.5.6.`);
    } else if (key.startsWith('k.')) {
      const number = value === '' ? Number.NaN : Number(value);
      if (Number.isNaN(number)) problems.push(`${key.slice(2)} "${value}" is not a number.`);
      else overrides[key.slice(2)] = number;
    } else if (key.startsWith('mix.')) {
      const stage = oneOf('stage', key.slice(4), STAGE_NAMES);
      const method = oneOf(key, value, known.methods);
      if (stage && method) mix[stage] = method;
    } else problems.push(`"${key}" means nothing here.`);
  }
  return { state: { ...state, overrides, mix }, problems };
}
