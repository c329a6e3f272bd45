/** What the page knows of the oracle, and its questions. */
import { groupTokens } from '../core/batchSlice.ts';
import type { RolloutBatch } from '../core/batch.ts';
import type { StateValues, WhatIf } from '../core/oracle/actions.ts';
import { oracleSettings } from '../core/oracle/knobs.ts';
import type { OracleBudget, OracleProgress } from '../core/oracle/truth.ts';
import type { EngineClient, OracleJob } from '../engine/client.ts';
import { deriveCredit } from './credit.ts';
import type { LabState, Pin } from './types.ts';

/** A question that is being answered. */
export interface Working {
  what: 'truth' | 'spread' | 'actions' | 'whatIf';
  step: number;
  progress: OracleProgress | null;
  /** When it was asked, ms of `performance.now()`: only the guess of the time left depends on it. */
  since: number;
}

export interface TruthState {
  working: Working | null;
  /** Step of the newest batch that waits for its truth while an older one is on screen. */
  waiting: number | null;
  /** How the truth on screen was found; null where there is none. */
  shown: { kind: 'exact' | 'monte-carlo'; budget: OracleBudget } | null;
  /** The user gave up: nothing is asked until he asks again. */
  isStopped: boolean;
  /** One sentence why the last question has no answer. */
  problem: string | null;
  /** V(s) and Q(s, ·) at the pinned token's state, and the step that they are of. */
  actions: { place: string; step: number; values: StateValues } | null;
  whatIf: { place: string; token: number; step: number; outcome: WhatIf } | null;
}

/** A question with the name under which its answer is kept. */
export interface Question<T = unknown> {
  key: string;
  what: Working['what'];
  step: number;
  /** Name of the batch that it is about. */
  name: string;
  ask(client: EngineClient, onProgress: (progress: OracleProgress) => void): OracleJob<T>;
  keep(answer: T): void;
}

/** Whether every token of the group has its true advantage. */
export function hasTruth(batch: RolloutBatch, group: number): boolean {
  const truth = batch.fields.trueAdvantages;
  if (!truth) return false;
  const [first, last] = groupTokens(batch, group);
  return !truth.subarray(first, last).some(Number.isNaN);
}

/** The batch without what an oracle found about it. */
export function withoutTruth(batch: RolloutBatch): RolloutBatch {
  const { trueValues: _v, trueAdvantages: _a, trueErrors: _e, drawnValues: _d, ...fields } = batch.fields;
  return { ...batch, fields };
}

export const sameBudget = (a: OracleBudget, b: OracleBudget): boolean => a.epsilon === b.epsilon && a.continuations === b.continuations;

/** The tokens of the pinned answer before the pinned one. */
export function prefixOf(batch: RolloutBatch, pin: Pin): readonly number[] {
  const response = batch.responses[batch.groups[pin.group].start + pin.response];
  return Array.from(batch.tokens.subarray(response.start, response.start + pin.position));
}

export const samePin = (a: Pin | null, b: Pin | null): boolean =>
  a?.group === b?.group && a?.response === b?.response && a?.position === b?.position;

/** Names under which answers are kept. */
export const truthKey = (name: string, group: number, { epsilon, continuations }: OracleBudget): string =>
  `truth ${name}|${group}|${epsilon}|${continuations}`;

export const spreadMethod = (state: LabState) => {
  const knobs = deriveCredit({ ...state, batch: null }, state.viewMethod)?.knobs ?? {};
  return { id: state.viewMethod, knobs, mix: state.mix };
};
export const spreadKey = (state: LabState, name: string, group: number): string =>
  `spread ${name}|${group}|${oracleSettings(state.overrides).redraws}|${JSON.stringify(spreadMethod(state))}`;

/** Name of the pinned state: the batch, its prompt and the tokens before the pinned one. */
export const placeOf = (state: LabState, name: string): string | null => {
  const { landedPin: pin, batch } = state;
  return pin && batch ? `${name}|${pin.group}|${prefixOf(batch, pin).join()}` : null;
};

/** Answers kept: a truth is some hundred numbers. */
const KEPT_ANSWERS = 400;

/** What was found, by its question's key; the oldest are forgotten. */
export function createAnswers() {
  const answers = new Map<string, unknown>();
  return {
    get: (key: string) => answers.get(key),
    has: (key: string) => answers.has(key),
    remember(key: string, answer: unknown): void {
      answers.set(key, answer);
      for (const oldest of answers.keys()) {
        if (answers.size <= KEPT_ANSWERS) break;
        answers.delete(oldest);
      }
    },
  };
}
