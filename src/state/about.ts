/** What every export says of itself: what it shows, the link to it, the commit that computed it, and what to cite. */
import { glyphs } from '../core/tasks/index.ts';
import type { Method, MethodMeta } from '../core/stages/types.ts';
import { knobsOf } from '../core/pipeline.ts';
import { mixedMethods } from './credit.ts';
import { COMMIT } from './commit.ts';
import type { Lab } from './lab.ts';
import type { LabState } from './types.ts';

export interface About {
  task: string;
  /** As the page names it. */
  taskTitle: string;
  /** The shown one. */
  prompt: string;
  step: number;
  source: LabState['source'];
  checkpoint: string;
  seed: string;
  method: string;
  methodTitle: string;
  /** Knobs of the viewed method that are not at their default; `Infinity` as text, which JSON has no number for. */
  knobs: Readonly<Record<string, number | 'Infinity'>>;
  /** Stages taken from other methods, by stage. */
  mix: Readonly<Record<string, string>>;
  /** Samples changed by hand. */
  edits: number;
  link: string;
  commit: string;
  /** One line each: this page, then the papers of the methods. */
  citation: readonly string[];
}

export const SOFTWARE = {
  authors: 'The Creditscope authors',
  title: 'Creditscope: who gets the credit? Credit assignment of reinforcement learning for language models, live',
  year: 2026,
} as const;

/** The viewed method, those that lend it stages, and the one that it is compared with. */
export function shownMethods({ methods, viewMethod, mix, compare }: LabState): Method[] {
  const lent = Object.values(mixedMethods(methods, mix));
  const other = compare && 'method' in compare.side ? [methods[compare.side.method]] : [];
  return [...new Set([methods[viewMethod], ...lent, ...other])].filter((method) => method !== undefined);
}

type Cited = Pick<MethodMeta, 'paper' | 'fullName' | 'title'>;

/** The paper's title; the method's name where there is no paper. */
export const citedTitle = ({ paper, fullName, title }: Cited): string =>
  paper.title ?? (fullName.includes(title) ? fullName : `${fullName} (${title})`);

/** `Yu et al. (2025). DAPO: An Open-Source LLM Reinforcement Learning System at Scale. arXiv:2503.14476.` */
export function paperLine(method: Cited): string {
  const { authors, year, arxiv, venue } = method.paper;
  const where = [arxiv && `arXiv:${arxiv}`, venue].filter(Boolean).join(', ');
  return `${authors} (${year}). ${citedTitle(method)}.${where && ` ${where}.`}`;
}

export function aboutOf(lab: Lab, address: string): About {
  const state = lab.store.getState();
  const { task, batch, methods, viewMethod, derived, group } = state;
  const method = methods[viewMethod];
  const members = mixedMethods(methods, state.mix);
  const knobs: Record<string, number | 'Infinity'> = {};
  for (const knob of method ? knobsOf(method, derived?.refusal ? {} : members) : []) {
    const value = derived?.knobs[knob.id] ?? knob.default;
    if (!Object.is(value, knob.default)) knobs[knob.id] = value === Infinity ? 'Infinity' : value;
  }
  return {
    task: state.taskId,
    taskTitle: task?.meta.title ?? state.taskId,
    prompt: task && batch ? glyphs(task, batch.groups[group].prompt) : '',
    step: state.step,
    source: state.source,
    checkpoint: state.checkpointId,
    seed: state.seed,
    method: viewMethod,
    methodTitle: method?.meta.title ?? viewMethod,
    knobs,
    mix: Object.fromEntries(Object.entries(state.mix)),
    edits: state.edits.length,
    link: lab.shareLink(address, { embed: null, hide: [] }),
    commit: COMMIT,
    citation: [
      `${SOFTWARE.authors} (${SOFTWARE.year}). ${SOFTWARE.title}. Commit ${COMMIT}.`,
      ...shownMethods(state).map(({ meta }) => paperLine(meta)),
    ],
  };
}

/** `creditscope-chain-sum-step20-grpo`: task, step and method in a file's name. */
export const fileStem = ({ task, step, method }: Pick<About, 'task' | 'step' | 'method'>): string =>
  `creditscope-${task}-step${step}-${method}`;
