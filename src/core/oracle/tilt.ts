/**
 * What a decoding rule is measured against: the most reward that any policy can have at a given KL from the base policy, and
 * best-of-N. Both are exact for a task so small that all of its responses can be listed.
 */
import { exp, log } from '../math.ts';

/** One response, or all with one reward together. */
export interface Outcome {
  probability: number;
  reward: number;
}

export interface Operating {
  reward: number;
  /** Of the whole response, nats. */
  kl: number;
}

/** π*(y) ∝ π0(y) exp(β R(y)): the policy of the largest E[R] − KL/β. */
export function tilted(outcomes: readonly Outcome[], beta: number): Operating {
  const most = Math.max(...outcomes.map(({ reward }) => beta * reward));
  const weights = outcomes.map(({ probability, reward }) => probability * exp(beta * reward - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const reward = weights.reduce((sum, w, k) => sum + (w / total) * outcomes[k].reward, 0);
  return { reward, kl: Math.max(0, beta * reward - most - log(total)) };
}

/** Largest β that is looked for: beyond it only the best responses are left. */
const MOST_TILT = 1e6;

/** The largest expected reward of any policy whose KL from the base is at most `kl`, by bisection of β. */
export function optimumAt(outcomes: readonly Outcome[], kl: number): Operating & { beta: number } {
  let low = 0;
  let high = 1;
  while (high < MOST_TILT && tilted(outcomes, high).kl < kl) high *= 2;
  if (tilted(outcomes, high).kl < kl) return { beta: high, ...tilted(outcomes, high) };
  for (let k = 0; k < 200 && high - low > 1e-12 * high; k++) {
    const middle = (low + high) / 2;
    if (tilted(outcomes, middle).kl < kl) low = middle;
    else high = middle;
  }
  return { beta: low, ...tilted(outcomes, low) };
}

/** The best of N draws by their reward: its expected reward, and the usual bound log N − (N − 1)/N of its KL. */
export function bestOf(outcomes: readonly Outcome[], n: number): Operating {
  const rewards = [...new Set(outcomes.map(({ reward }) => reward))].sort((a, b) => a - b);
  let below = 0;
  let previous = 0;
  let reward = 0;
  for (const value of rewards) {
    for (const outcome of outcomes) if (outcome.reward === value) below += outcome.probability;
    let power = 1;
    for (let k = 0; k < n; k++) power *= below;
    reward += value * (power - previous);
    previous = power;
  }
  return { reward, kl: log(n) - (n - 1) / n };
}

/** A task that can be listed: responses of at most `maxTokens` tokens, ended by `endToken`. */
export interface ListedTask {
  vocabulary: number;
  endToken: number;
  maxTokens: number;
  reward(response: readonly number[]): number;
  /** Base policy's logits [V] after a prefix, at temperature 1. */
  logits(prefix: readonly number[]): Float64Array;
}

/** Value after each candidate token of a prefix, [V]: the exact expected reward under the base policy. */
type CandidateValues = (prefix: readonly number[]) => Float64Array;

/** All responses with their base probability, and the exact values. */
export function listTask(task: ListedTask): { outcomes: Outcome[]; candidateValues: CandidateValues; value: number } {
  const outcomes: Outcome[] = [];
  const tables = new Map<string, Float64Array>();
  const visit = (prefix: readonly number[], probability: number): number => {
    const logits = task.logits(prefix);
    const policy = probabilities(logits);
    const values = new Float64Array(task.vocabulary);
    policy.forEach((p, token) => {
      const next = [...prefix, token];
      if (token === task.endToken || next.length === task.maxTokens) {
        values[token] = task.reward(next);
        outcomes.push({ probability: probability * p, reward: values[token] });
      } else values[token] = visit(next, probability * p);
    });
    tables.set(prefix.join(), values);
    return policy.reduce((sum, p, token) => sum + p * values[token], 0);
  };
  const value = visit([], 1);
  return { outcomes, value, candidateValues: (prefix) => tables.get(prefix.join()) ?? new Float64Array(task.vocabulary).fill(NaN) };
}

function probabilities(logits: ArrayLike<number>): Float64Array {
  const most = Math.max(...Array.from(logits));
  const weights = Float64Array.from(logits, (x) => exp(x - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/** Expected reward and KL(π′‖π0) of the whole response under a decoding rule that writes logits′ [V] for every prefix, exactly. */
export function evaluateDecoding(task: ListedTask, decode: (logits: Float64Array, prefix: readonly number[]) => Float64Array): Operating {
  const visit = (prefix: readonly number[]): Operating => {
    const logits = task.logits(prefix);
    const base = probabilities(logits);
    const drawn = probabilities(decode(logits, prefix));
    let reward = 0;
    let kl = 0;
    drawn.forEach((p, token) => {
      if (p === 0) return;
      const next = [...prefix, token];
      const isEnd = token === task.endToken || next.length === task.maxTokens;
      const below = isEnd ? { reward: task.reward(next), kl: 0 } : visit(next);
      reward += p * below.reward;
      kl += p * (log(p / base[token]) + below.kl);
    });
    return { reward, kl };
  };
  return visit([]);
}
