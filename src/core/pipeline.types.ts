import type { AskedMeasure } from './measures.ts';
import type { ModelSpec } from './stages/models.ts';
import type { Method, Need, RewardResult, StageName, Stages, Trace, KnobValues } from './stages/types.ts';

/** A method with every stage filled in: its own overrides, stages mixed in from others, the base for the rest. */
export interface ComposedMethod {
  method: Method;
  /** The method and those that lend it stages. */
  members: readonly Method[];
  stages: Stages;
  /** For each stage the id of the method that supplies it, or null for the base. */
  suppliers: Readonly<Record<StageName, string | null>>;
  /** For each stage the method that it was taken from by hand; absent where it is the method's own. */
  lenders: Readonly<Partial<Record<StageName, Method>>>;
  /** What the method and those that lend it stages need. */
  needs: ReadonlySet<Need>;
  /** The second networks that the composed stages read. */
  models: readonly ModelSpec[];
  /** What the engine is asked for before the stages run. */
  measures(knobs: KnobValues): readonly AskedMeasure[];
  /** The next step's state, from the method that supplies the sampling stage, else from the method itself. */
  nextState?: Method['nextState'];
}

/** Why a token has no gradient from the loss, if it has none; `masked`: the method leaves the token out, whatever its ratio. */
export const CLIP_STATE = { none: 0, clipped: 1, dualClipped: 2, masked: 3 } as const;

/** What a method says about a whole batch; everything the page prints. */
export interface CreditResult {
  methodId: string;
  knobs: KnobValues;
  /** [groups] 1 where the group takes part in the update. */
  kept: Uint8Array;
  rewards: RewardResult;
  /** [N] the advantage stage's output; NaN on tokens of dropped groups. */
  advantages: Float64Array;
  /** [N] −N·∂L/∂log π(token) of the update shown for the token, N = tokens of its minibatch: token-mean GRPO at ratio 1 shows its advantage. NaN on dropped groups. */
  credit: Float64Array;
  /** [N] CLIP_STATE of that update. */
  clipState: Uint8Array;
  /** [N] index into `batch.updates` of the update shown, −1 where none was recorded (the ratio is then 1). */
  tokenUpdate: Int32Array;
  /** Loss of the last update shown. */
  loss: number;
  /** All stages merged. Minibatch-level numbers are spread over the tokens of their minibatch. */
  trace: Trace;
}
