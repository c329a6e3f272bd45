/**
 * One training run, measured on held-out prompts as it goes: what a race in the page and a run of the command line both are,
 * so that the same seeds give the same numbers in both.
 */
import type { MethodState } from '../core/batch.ts';
import { hashText } from '../core/random.ts';
import { fitCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { equip, loadSecond } from './equipment.ts';
import type { Equipment, EquipmentWorld } from './equipment.ts';
import { evaluate } from './evaluate.ts';
import { freshOptimizer } from './layout.ts';
import type { Lap, Tally } from './protocol.ts';
import { createTrainer } from './trainer.ts';
import type { TrainerMethod, TrainerOptions } from './trainer.ts';
import type { LanguageModel } from './types.ts';

export interface MeasuredRunOptions extends TrainerOptions {
  /** Last step; it is measured. */
  steps: number;
  isMeasured(step: number): boolean;
  heldOut: readonly (readonly number[])[];
  /** Of the run that is gone on with; null at its start. */
  tally: Tally | null;
  /** Milliseconds; only `seconds` depends on it. */
  now(): number;
}

export interface MeasuredRun {
  readonly step: number;
  readonly state: MethodState;
  readonly tally: Tally;
  /** True after the last step, or after one that could not be taken: then `stopped` says why. */
  readonly isOver: boolean;
  readonly stopped: string | null;
  /** Takes one step (the first call of a new run takes none) and measures where that is due; nothing after the end. */
  advance(): Lap | null;
}

/** Puts a policy and the method's second networks where a run starts, or where a checkpoint has them. */
export async function placeRun(method: TrainerMethod, world: EquipmentWorld, saved: Checkpoint | null): Promise<Equipment> {
  const { own, second } = await equip([], method, world);
  const { parameters, optimizer } = fitCheckpoint(saved ?? { parameters: world.base }, own.layout);
  own.setParameters(parameters);
  own.setOptimizer(optimizer ?? freshOptimizer(own.layout));
  loadSecond(second, saved?.models ?? [], method, { ...world, own });
  return { own, second };
}

/** The model, telling of every token that is drawn with it: one a row after the prompts and after each further step. */
function countingDraws(model: LanguageModel, drawn: (tokens: number) => void): LanguageModel {
  return {
    ...model,
    createDecoder() {
      const decoder = model.createDecoder();
      return {
        ...decoder,
        prefill(prompts) {
          drawn(prompts.length);
          return decoder.prefill(prompts);
        },
        step(rows, tokens) {
          drawn(rows.length);
          return decoder.step(rows, tokens);
        },
      };
    },
  };
}

/** Goes on from the model's weights and moments. Where a run stops early its last weights are measured: they are what stands. */
export function createMeasuredRun(options: MeasuredRunOptions): MeasuredRun {
  const { model, task, heldOut, steps, isMeasured, now } = options;
  const tally: Tally = { tokens: 0, seconds: 0, hash: '', idle: 0, ...options.tally };
  const trainer = createTrainer({
    ...options,
    model: countingDraws(model, (tokens) => {
      tally.tokens += tokens;
    }),
  });
  let isFresh = options.tally === null;
  let isOver = !isFresh && trainer.step >= steps;
  let stopped: string | null = null;
  let measuredAt = !isFresh && isMeasured(trainer.step) ? trainer.step : -1;

  function measure(): Lap {
    const { reward, entropy, length } = evaluate(model, task, heldOut, 1);
    measuredAt = trainer.step;
    return { step: trainer.step, reward, entropy, length, tokens: tally.tokens, seconds: tally.seconds };
  }

  return {
    get step() {
      return trainer.step;
    },
    get state() {
      return trainer.state;
    },
    tally,
    get isOver() {
      return isOver;
    },
    get stopped() {
      return stopped;
    },
    advance() {
      if (isOver) return null;
      if (isFresh) {
        isFresh = false;
        isOver = trainer.step >= steps;
        return measure();
      }
      const before = now();
      const result = trainer.advance();
      tally.seconds += (now() - before) / 1000;
      if (result.kind === 'stopped') {
        isOver = true;
        stopped = 'message' in result.reason ? result.reason.message : 'stopped';
        return measuredAt === trainer.step ? null : measure();
      }
      if (result.kind === 'idle') tally.idle++;
      else
        tally.hash = hashText(tally.hash + result.metrics.rolloutHash)
          .toString(16)
          .padStart(8, '0');
      isOver = trainer.step >= steps;
      return isOver || isMeasured(trainer.step) ? measure() : null;
    },
  };
}

/** True at every `every`-th step. */
export const everySteps = (every: number) => (step: number) => step % every === 0;
