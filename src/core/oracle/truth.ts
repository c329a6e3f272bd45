/** What the oracle says about the tokens of a batch, as fields that lanes, methods and the scoreboard read. */
import type { RolloutBatch } from '../batch.ts';
import { groupTokens } from '../batchSlice.ts';
import { wilsonInterval } from '../metrics/wilson.ts';
import { sum } from '../stats.ts';
import type { Task } from '../tasks/types.ts';
import type { OracleProblem } from './enumerate.ts';
import type { ValueTree } from './valueTree.ts';

/** ε and the budget of an enumeration, and K, the continuations of each prefix where the tree is wider than that. */
export interface OracleBudget extends Pick<OracleProblem, 'epsilon' | 'maxNodes'> {
  continuations: number;
}

/** How far the oracle is: with the tree, or with the continuations that stand in for a tree that is too wide. */
export interface OracleProgress {
  phase: 'enumerating' | 'sampling';
  /** Share of the work that is done, an estimate while enumerating. */
  done: number;
  /** Prefixes evaluated. */
  nodes: number;
}

/** ε 1e-3: the width of every exact value is then below 0.001 of the reward's range. */
export const DEFAULT_BUDGET: OracleBudget = { epsilon: 1e-3, maxNodes: 20_000, continuations: 64 };

/** The oracle's problem for one group: all prefixes of its responses, the prompt's own value included. */
export const groupProblem = (task: Task, batch: RolloutBatch, group: number, budget: OracleBudget): OracleProblem =>
  promptProblem(task, batch.groups[group].prompt, openPrefixes(batch, group), budget);

/** The same for these prefixes of responses to a prompt. */
export function promptProblem(
  task: Task,
  prompt: readonly number[],
  prefixes: readonly (readonly number[])[],
  budget: OracleBudget,
): OracleProblem {
  return {
    vocabulary: task.vocabulary.length,
    endToken: task.endToken,
    maxTokens: task.maxTokens,
    reward: (response) => task.verify(prompt, response).reward,
    rewardRange: [0, 1],
    prefixes,
    ...budget,
  };
}

/** [n] of a group's tokens, in batch order. */
export interface GroupTruth {
  /** Enumerated, or estimated from K continuations of each prefix. */
  kind: 'exact' | 'monte-carlo';
  /** V of the prompt. */
  value: number;
  trueValues: Float64Array;
  trueAdvantages: Float64Array;
  /** As `trueValues`, where the answer goes on as the method drew it; absent where that is the policy itself. */
  drawnValues?: Float64Array;
  /** Half the width of the advantage's interval: certified where exact, else of 95 %. */
  trueErrors: Float64Array;
}

/** Reads a finished tree at the tokens of the group that it was made for. */
export function groupTruth(tree: ValueTree, batch: RolloutBatch, group: number): GroupTruth {
  const { start, end } = batch.groups[group];
  const [first, last] = groupTokens(batch, group);
  const [trueValues, trueAdvantages, trueErrors] = Array.from({ length: 3 }, () => new Float64Array(last - first));
  for (const response of batch.responses.slice(start, end)) {
    let node = 0;
    for (let t = response.start; t < response.end; t++) {
      const before = tree.valueOf(node);
      const after = tree.actionValues(node)[batch.tokens[t]];
      trueValues[t - first] = after.estimate;
      trueAdvantages[t - first] = after.estimate - before.estimate;
      trueErrors[t - first] = (after.high - after.low + before.high - before.low) / 2;
      node = tree.child(node, batch.tokens[t]);
    }
  }
  return { kind: 'exact', value: tree.valueOf(0).estimate, trueValues, trueAdvantages, trueErrors };
}

/** Prefixes of the group's responses that go on, each once, the prompt first; whole responses have their reward. */
export function openPrefixes(batch: RolloutBatch, group: number): number[][] {
  const { start, end } = batch.groups[group];
  const found = new Map<string, number[]>();
  for (const response of batch.responses.slice(start, end)) {
    const tokens = Array.from(batch.tokens.subarray(response.start, response.end));
    for (let length = 0; length < tokens.length; length++) found.set(tokens.slice(0, length).join(), tokens.slice(0, length));
  }
  return [...found.values()];
}

/** The truth as estimated from the 0/1 rewards of continuations, [prefixes][K], of `openPrefixes` in their order. */
export function estimatedTruth(batch: RolloutBatch, group: number, rewards: readonly (readonly number[])[]): GroupTruth {
  const values = new Map<string, { mean: number; half: number }>();
  openPrefixes(batch, group).forEach((prefix, p) => {
    const right = sum(rewards[p]);
    const [low, high] = wilsonInterval(right, rewards[p].length);
    values.set(prefix.join(), { mean: right / rewards[p].length, half: (high - low) / 2 });
  });
  const { start, end } = batch.groups[group];
  const [first, last] = groupTokens(batch, group);
  const [trueValues, trueAdvantages, trueErrors] = Array.from({ length: 3 }, () => new Float64Array(last - first));
  for (const response of batch.responses.slice(start, end)) {
    const tokens = Array.from(batch.tokens.subarray(response.start, response.end));
    tokens.forEach((_, t) => {
      const before = values.get(tokens.slice(0, t).join());
      const after = values.get(tokens.slice(0, t + 1).join()) ?? { mean: response.reward, half: 0 };
      if (!before) throw new Error(`No continuations were drawn after ${t} tokens.`);
      const k = response.start + t - first;
      trueValues[k] = after.mean;
      trueAdvantages[k] = after.mean - before.mean;
      trueErrors[k] = Math.sqrt(before.half * before.half + after.half * after.half);
    });
  }
  return { kind: 'monte-carlo', value: values.get('')?.mean ?? NaN, trueValues, trueAdvantages, trueErrors };
}

/** The batch with the truth of some of its groups, by group; other groups keep what they had, NaN where that is nothing. */
export function withTruths(batch: RolloutBatch, truths: ReadonlyMap<number, GroupTruth>): RolloutBatch {
  const fields = { ...batch.fields };
  const isShaped = batch.fields.drawnValues !== undefined || [...truths.values()].some(({ drawnValues }) => drawnValues);
  for (const name of ['trueValues', 'trueAdvantages', 'trueErrors', ...(isShaped ? (['drawnValues'] as const) : [])] as const) {
    const values = batch.fields[name]?.slice() ?? new Float64Array(batch.tokens.length).fill(NaN);
    for (const [group, truth] of truths) values.set(truth[name] ?? truth.trueValues, groupTokens(batch, group)[0]);
    fields[name] = values;
  }
  const groups = batch.groups.map((group, g) => {
    const truth = truths.get(g);
    return truth ? { ...group, trueValue: truth.value, truthKind: truth.kind } : group;
  });
  return { ...batch, fields, groups };
}
