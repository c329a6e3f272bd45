/** Q(s, ·): the value of every token that could stand next, beside V(s). */
import { wilsonInterval } from '../metrics/wilson.ts';
import { sum } from '../stats.ts';
import type { Task } from '../tasks/types.ts';
import type { OracleProblem } from './enumerate.ts';
import type { OracleBudget } from './truth.ts';
import type { Interval, ValueTree } from './valueTree.ts';

/** A value with a certified interval, or the mean of K continuations with a 95 % one. */
export interface ValueEstimate extends Interval {
  kind: 'exact' | 'monte-carlo';
}

export interface StateValues {
  /** V(s). */
  value: ValueEstimate;
  /** [V] Q(s, v). */
  actions: readonly ValueEstimate[];
}

/** The oracle's problem whose root is a state: what may follow `prefix`, every next token wanted. */
export function actionProblem(task: Task, prompt: readonly number[], prefix: readonly number[], budget: OracleBudget): OracleProblem {
  return {
    vocabulary: task.vocabulary.length,
    endToken: task.endToken,
    maxTokens: task.maxTokens - prefix.length,
    reward: (rest) => task.verify(prompt, [...prefix, ...rest]).reward,
    rewardRange: [0, 1],
    prefixes: task.vocabulary.map((_, token) => [token]),
    ...budget,
  };
}

/** Reads a finished tree at its root. Intervals of a tree that its budget ended are certified all the same, and wider than ε. */
export function stateValues(tree: ValueTree): StateValues {
  const exact = (interval: Interval): ValueEstimate => ({ ...interval, kind: 'exact' });
  return { value: exact(tree.valueOf(0)), actions: tree.actionValues(0).map(exact) };
}

/** The mean of 0/1 rewards with Wilson's 95 % interval. */
export function sampledValue(rewards: readonly number[]): ValueEstimate {
  const right = sum(rewards);
  const [low, high] = wilsonInterval(right, rewards.length);
  return { estimate: right / rewards.length, low, high, kind: 'monte-carlo' };
}

/** What came of continuing from a token that was not drawn. */
export interface WhatIf {
  /** Mean reward and its standard error, s/√K. */
  mean: number;
  standardError: number;
  count: number;
  /** The first few answers, prefix included, each with its reward. */
  samples: readonly { tokens: readonly number[]; reward: number }[];
}

/** Mean and standard error of rewards; the error of one draw, or of none, is unknown (NaN). */
export function meanWithError(rewards: readonly number[]): { mean: number; standardError: number } {
  const n = rewards.length;
  const mean = sum(rewards) / n;
  const squares = sum(rewards.map((reward) => (reward - mean) * (reward - mean)));
  return { mean, standardError: n > 1 ? Math.sqrt(squares / (n - 1) / n) : NaN };
}
