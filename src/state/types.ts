/** What the page knows: one record, changed only through the actions of `lab.ts`. */
import type { RolloutBatch } from '../core/batch.ts';
import type { ComposedMethod, CreditResult } from '../core/pipeline.types.ts';
import type { Knob, Method, Need, StageName } from '../core/stages/types.ts';
import type { Task } from '../core/tasks/types.ts';
import type { RunSegment } from './schedule.ts';
import type { Backend, ModelStatus, StepMetrics } from '../engine/protocol.ts';

export type RowOrder = 'sampled' | 'reward' | 'trie';
export type ThemeChoice = 'auto' | 'light' | 'dark';
export type CreditLane = 'credit' | 'advantage';
/** What fills the page below the header: the lab itself, or one of the rooms that look at the same run in another way. */
export type Workspace = 'lab' | 'scoreboard' | 'race' | 'learn';
export const WORKSPACES: readonly Workspace[] = ['lab', 'scoreboard', 'race', 'learn'];

export interface LessonPlace {
  id: string;
  page: number;
}

/** Parts of the page that a teacher's link can leave out; so are their keys. */
export const PARTS = [
  ...(['header', 'tabs', 'task', 'model', 'train', 'seed', 'share', 'shelf', 'intro', 'rail', 'toolbar', 'switch'] as const),
  ...(['sentence', 'side', 'curves'] as const),
];
export type Part = (typeof PARTS)[number];
/** One panel alone, for a frame in slides or an article. */
export const EMBEDS = ['matrix', 'tree', 'inspector'] as const;
export type Embed = (typeof EMBEDS)[number];
/** Panels that a link finds open. */
export const PANELS = ['shelf', 'curves', 'help'] as const;
export type Panel = (typeof PANELS)[number];

/** One token of one prompt's samples; `response` counts within the group. Survives method, knob and step changes. */
export interface Pin {
  group: number;
  response: number;
  position: number;
}

/** One line that the user can act on. `id` is stable for what it reports, so that the same trouble is never listed twice. */
export interface Notice {
  id: string;
  level: 'info' | 'warning' | 'error';
  text: string;
  action?: { label: string; run: () => void };
}

/** A change by hand on top of the batch as it was sampled. */
export type Edit =
  | { kind: 'reward'; response: number; reward: number }
  /** `scored` holds one group with one response: the new tokens with every field the worker computed. */
  | { kind: 'response'; response: number; scored: RolloutBatch };

/** Stages taken from other methods, by stage. */
export type Mix = Readonly<Partial<Record<StageName, string>>>;

/** What the view (A) is compared with. */
export type CompareSide =
  /** `overrides` null: the same touched knobs as A, so that one slider moves both; else knobs of its own, held. */
  | { method: string; mix: Mix; overrides: Readonly<Record<string, number>> | null }
  /** Another checkpoint of the task, on A's tokens. */
  | { checkpoint: string };

export interface Compare {
  side: CompareSide;
  /** Lane whose numbers are compared; null: the one that the credit lane shows. */
  lane: string | null;
  /** The difference alone, without the two that it is of. */
  differenceOnly: boolean;
}

/** A checkpoint of the menu. `recording` is the batch that was sampled from it. */
export interface CheckpointEntry {
  id: string;
  label: string;
  step: number;
  checkpoint: string;
  recording: string | null;
  /** Weights that drew the recording, where they are shipped: the checkpoint's own are those after its step. */
  drewRecording?: string;
}

export interface TaskEntry {
  id: string;
  title: string;
  /** What its batches hold for methods that need it; known once the task is loaded. */
  provides?: readonly Need[];
}

export type RunStatus = 'idle' | 'starting' | 'running' | 'paused' | 'failed';

export interface RunState {
  status: RunStatus;
  stepsPerSecond: number;
  backend: Backend | null;
  /** Second networks of the method that trains. */
  models: readonly ModelStatus[];
  /** Stops by itself when this step is reached; null runs on. */
  until: number | null;
}

/** Credit of the batch under the viewed method, or why there is none. */
export interface Derived {
  composed: ComposedMethod;
  /** Full knob values: the method's defaults with what the user touched. */
  knobs: Readonly<Record<string, number>>;
  credit: CreditResult | null;
  /** One sentence where the stages do not fit together. */
  refusal: string | null;
  /** What the method needs and the batch lacks: then there is no credit. */
  missing: readonly Need[];
}

/** Why credit is covered: the class is to guess it, or a later page comes to it. */
export type Cover = 'guess' | 'later';

export interface LabState {
  tasks: readonly TaskEntry[];
  taskId: string;
  task: Task | null;
  checkpoints: readonly CheckpointEntry[];
  checkpointId: string;
  /** File of the model that KL is taken against; null until the list of checkpoints is there. */
  baseCheckpoint: string | null;
  /** What the page opens with: a link need not say it. */
  home: { checkpointId: string; group: number };
  /** `opened`: a file of the user's, drawn by weights that nobody here knows. */
  source: 'recorded' | 'opened' | 'live';
  /** Step of the batch on screen. */
  step: number;
  /** The batch on screen stays while the run goes on. */
  frozen: boolean;
  seed: string;
  /** The batch as it was sampled, and with the edits applied. */
  sampled: RolloutBatch | null;
  batch: RolloutBatch | null;
  edits: readonly Edit[];
  group: number;
  methods: Readonly<Record<string, Method>>;
  viewMethod: string;
  trainMethod: string;
  /** Knobs that the user touched, by canonical id; the others follow the method. */
  overrides: Readonly<Record<string, number>>;
  mix: Mix;
  /** Stages that training takes from other methods: a choice of its own, as `trainMethod` is. */
  trainMix: Mix;
  /** Null: nothing is compared. */
  compare: Compare | null;
  derived: Derived | null;
  workspace: Workspace;
  rowOrder: RowOrder;
  /** Lane ids left of the credit lane as the user chose them; null follows the method (see `shownLanes`). */
  lanes: readonly string[] | null;
  creditLane: CreditLane;
  update: 'last' | number;
  tree: boolean;
  /** The tree as branches alone, with unary chains compressed, and not as the icicle. */
  branchesOnly: boolean;
  /** As the user chose it; `landedPin` is where it falls in this batch. */
  pin: Pin | null;
  landedPin: Pin | null;
  theme: ThemeChoice;
  /** The lesson beside the lab; pages count from 0. */
  lesson: LessonPlace | null;
  /** No credit is shown: a prediction is asked for, or the page tells of an earlier stage. */
  covered: Cover | null;
  /** Slow motion: only so many tokens of each sample are shown; null shows all. */
  shownTokens: number | null;
  /** For the back row: larger, and nothing that a class does not need. */
  lecture: boolean;
  hide: readonly Part[];
  embed: Embed | null;
  shelfOpen: boolean;
  curvesOpen: boolean;
  helpOpen: boolean;
  /** A click explains what it hits. */
  explaining: boolean;
  shareOpen: boolean;
  shortcuts: boolean;
  /** True until the switch has been used once: the only thing that moves on the first screen. */
  invite: boolean;
  metrics: readonly StepMetrics[];
  /** What the live run was trained with before the present settings. */
  schedule: readonly RunSegment[];
  run: RunState;
  notices: readonly Notice[];
  /** What a screen reader is told next; empty when nothing is to be said. */
  announcement: string;
  /** There is an earlier step to look at. */
  canStepBack: boolean;
  canUndo: boolean;
  canRedo: boolean;
}

/** A knob as the page shows it: the method's own or one of the run's settings. */
export interface ShownKnob {
  knob: Knob;
  value: number;
  isDefault: boolean;
}
