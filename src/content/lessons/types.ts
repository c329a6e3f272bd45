/**
 * What a lesson is: short pages beside the live lab. A page sets the view, says a few sentences whose numbers are worked out
 * from what is on the screen, and may ask for a prediction or for something to try. No number in a lesson is typed.
 */
import type { RolloutBatch } from '../../core/batch.ts';
import type { CreditResult } from '../../core/pipeline.types.ts';
import type { Task } from '../../core/tasks/types.ts';

/** One token; `response` counts within its prompt's samples, everything from 0. */
export interface Place {
  group: number;
  response: number;
  position: number;
}

/** What is on the screen, for facts. */
export interface LessonView {
  task: Task;
  batch: RolloutBatch;
  group: number;
  viewMethod: string;
  trainMethod: string;
  /** Knobs that are not at their default. */
  overrides: Readonly<Record<string, number>>;
  pin: Place | null;
  creditLane: 'credit' | 'advantage';
  update: 'last' | number;
  isTree: boolean;
  lanes: readonly string[];
  /** Changes by hand: flipped rewards, rewritten answers. */
  edits: number;
  isLive: boolean;
  /** Steps that the run on the screen has taken since its checkpoint. */
  stepsTaken: number;
  workspace: string;
  /** Mean reward of every step shown in the curves, oldest first. */
  rewards: readonly number[];
  /**
   * Credit of the batch under a method (the viewed one by default), with other knobs than those set. Null where the batch lacks
   * what it needs.
   */
  credit(method?: string, knobs?: Readonly<Record<string, number>>): CreditResult | null;
}

/** What a page sets; everything else is at its default. Prompts and updates count from 1, as on the page. */
export interface LessonSet {
  task?: string;
  checkpoint?: string;
  prompt?: number;
  view?: string;
  train?: string;
  /** Other methods whose credit the page speaks of. */
  also?: readonly string[];
  knobs?: Readonly<Record<string, number>>;
  mix?: Readonly<Record<string, string>>;
  lanes?: readonly string[];
  show?: 'credit' | 'advantage';
  rows?: 'sampled' | 'reward' | 'trie';
  update?: 'last' | number;
  layout?: 'matrix' | 'tree' | 'branches';
  panels?: readonly ('shelf' | 'curves')[];
  workspace?: string;
  /** Which prompt to show, found in the batch of the page; counts from 0. */
  findPrompt?: (view: LessonView) => number;
  /** Found in the batch of the page; null pins nothing. */
  pin?: (view: LessonView) => Place | null;
}

/** A number, a glyph or a word that the screen gives. */
export type Fact = (view: LessonView) => {
  kind: 'number' | 'code' | 'text';
  text: string;
  value?: number;
  /** The number says a direction. */
  isSigned?: boolean;
};

/** Words between facts. */
export interface Paragraph {
  words: readonly string[];
  facts: readonly Fact[];
}

/** Where to look on the page. */
export type Highlight =
  | 'switch'
  | 'rail'
  | 'toolbar'
  | 'sentence'
  | 'curves'
  | 'inspector'
  | 'train'
  | 'tabs'
  | `knob ${string}`
  | `lane ${string}`;

export interface LessonPage {
  title: string;
  set: LessonSet;
  say: readonly Paragraph[];
  highlight?: Highlight;
  /** Credit is hidden; the class clicks a token; then it is shown. `answer` gives the tokens that are right, best first. */
  predict?: { question: string; answer: (view: LessonView) => readonly Place[]; reveal: Paragraph };
  /** Recognised when done; `start` is the view as the page set it. */
  tryIt?: { say: Paragraph; isDone: (now: LessonView, start: LessonView) => boolean };
  /** What the sentences claim, as something that the data on the screen can refute. */
  holds?: readonly { claim: string; test: (view: LessonView) => boolean }[];
  /** The page changes what it names and keeps the rest of the view. */
  keepsView?: boolean;
  /** Slow motion: the page tells of a stage before there is any credit. */
  isBeforeCredit?: boolean;
  /** Slow motion: only so many tokens of each answer are shown. */
  shownTokens?: number;
}

export interface Lesson {
  id: string;
  title: string;
  /** One sentence for the list. */
  purpose: string;
  minutes: number;
  pages: readonly LessonPage[];
  /** For the teacher: what to say, what to ask, what goes wrong. */
  notes: readonly string[];
  /** Answers to the questions of the pages, in words. */
  answers: readonly string[];
}
