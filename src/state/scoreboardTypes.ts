import type { RolloutBatch } from '../core/batch.ts';
import type { CreditScore, ScoredUpdate } from '../core/metrics/creditScore.ts';
import type { GradientCertificate, GradientQuality } from '../core/metrics/gradientQuality.ts';
import type { Task } from '../core/tasks/types.ts';
import type { ColumnId, Sort } from './scoreboardColumns.ts';
import type { LabState } from './types.ts';

/** What the whole board is about: one batch that stands still while training goes on. */
export interface Frozen {
  batch: RolloutBatch;
  /** The batch on the lab's screen that it was taken from. */
  shown: RolloutBatch;
  task: Task;
  taskId: string;
  source: LabState['source'];
  step: number;
  seed: string;
  checkpointId: string;
}

/** One method's line. */
export interface ScoreRow {
  id: string;
  title: string;
  /** Its turn has come: a score or a note is there. */
  isSettled: boolean;
  score: CreditScore | null;
  /** Why there is no score, in one sentence. */
  note: string | null;
  quality: GradientQuality | null;
  /** Cosine of its gradient on the frozen batch itself; null where that is not known. */
  own: number | null;
  gradientNote: string | null;
}

export interface GradientState {
  status: 'idle' | 'running' | 'done' | 'failed';
  /** Of the way, 0 to 1. */
  share: number;
  /** Mean share of the policy's mass that the exact gradient leaves out, and the estimate of its error over its length. */
  unopened: number;
  residual: number;
  /** What opening the trees ten times as far would change; null until that is known. */
  certificate: GradientCertificate | null;
  /** The weights are those that drew the frozen batch. */
  isOwn: boolean;
  message: string | null;
}

export interface ScoreboardState {
  frozen: Frozen | null;
  /** The lab shows a newer batch by now. */
  isBehind: boolean;
  /** Share of the prompts whose true values have come; null while none are awaited. */
  truthShare: number | null;
  message: string | null;
  update: ScoredUpdate;
  /** |A| above which the sign of a token's credit is asked for. */
  threshold: number;
  /** R: batches drawn again for the gradients. */
  batches: number;
  rows: readonly ScoreRow[];
  sort: Sort;
  /** The measure that the bars show. */
  plotted: ColumnId;
  gradients: GradientState;
}
