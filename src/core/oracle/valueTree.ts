import { exp } from '../math.ts';
import type { OracleProblem } from './enumerate.ts';
import { isBefore } from './prefixHeap.ts';
import type { OpenPrefix } from './prefixHeap.ts';

/** A value that is certainly within [low, high]; the estimate is the middle. */
export interface Interval {
  estimate: number;
  low: number;
  high: number;
}

/**
 * The evaluated part of the policy's prefix tree, with the expected reward under each node. A node is a prefix of a response
 * that has not ended; node 0 is the prompt.
 */
export class ValueTree {
  private readonly parents: number[] = [];
  private readonly tokens: number[] = [];
  private readonly depths: number[] = [];
  private readonly logMasses: number[] = [];
  /** [nodes] rows over the vocabulary: log π, evaluated child (−1), reward of the response that ends here (NaN where it goes on). */
  private readonly logPi: Float64Array[] = [];
  private readonly children: Int32Array[] = [];
  private readonly endRewards: Float64Array[] = [];
  /** [nodes] Σ π R over the evaluated whole responses below, and the share of mass that is not evaluated. */
  private known = new Float64Array(0);
  private unopened = new Float64Array(0);
  /** False where the node budget ended it before every wanted prefix was settled. */
  isComplete = false;

  constructor(private readonly problem: Pick<OracleProblem, 'vocabulary' | 'endToken' | 'maxTokens' | 'reward' | 'rewardRange'>) {}

  /** Evaluated prefixes. */
  get size(): number {
    return this.parents.length;
  }

  parent(node: number): number {
    return this.parents[node];
  }

  /** Last token of the prefix, −1 at the prompt. */
  tokenOf(node: number): number {
    return this.tokens[node];
  }

  /** Response tokens of the prefix. */
  depth(node: number): number {
    return this.depths[node];
  }

  /** log P(prefix | prompt). */
  logMass(node: number): number {
    return this.logMasses[node];
  }

  /** Evaluated node one token further, or −1. */
  child(node: number, token: number): number {
    return this.children[node][token];
  }

  isTerminal(node: number, token: number): boolean {
    return token === this.problem.endToken || this.depths[node] + 1 === this.problem.maxTokens;
  }

  /** Response tokens that lead to the node. */
  prefix(node: number): number[] {
    const tokens: number[] = [];
    for (let n = node; n > 0; n = this.parents[n]) tokens.push(this.tokens[n]);
    return tokens.reverse();
  }

  open(node: number, token: number): OpenPrefix {
    return { node, token, logMass: this.logMasses[node] + this.logPi[node][token] };
  }

  /** One token after the node a prefix goes on and is not evaluated; one of probability 0 holds nothing. */
  private isOpen(node: number, token: number): boolean {
    return !this.isTerminal(node, token) && this.children[node][token] < 0 && this.logPi[node][token] > -Infinity;
  }

  /** Share of the node's mass in the prefixes one token after it that are not evaluated. */
  openShare(node: number): number {
    let share = 0;
    for (let token = 0; token < this.problem.vocabulary; token++) if (this.isOpen(node, token)) share += exp(this.logPi[node][token]);
    return share;
  }

  /** The first of those in the order of work, or the first after `last`; null where there is none. */
  nextOpen(node: number, last: OpenPrefix | null): OpenPrefix | null {
    let next: OpenPrefix | null = null;
    for (let token = 0; token < this.problem.vocabulary; token++) {
      if (!this.isOpen(node, token)) continue;
      const entry = this.open(node, token);
      if ((last === null || isBefore(last, entry)) && (next === null || isBefore(entry, next))) next = entry;
    }
    return next;
  }

  /** Adds evaluated prefixes in order; `rows` is log π after each, [k,V]. */
  add(prefixes: readonly OpenPrefix[], rows: Float64Array): void {
    const { vocabulary: V, reward } = this.problem;
    prefixes.forEach(({ node: parent, token, logMass }, k) => {
      const node = this.size;
      this.parents.push(parent);
      this.tokens.push(token);
      this.depths.push(parent < 0 ? 0 : this.depths[parent] + 1);
      this.logMasses.push(logMass);
      this.logPi.push(rows.slice(k * V, (k + 1) * V));
      this.children.push(new Int32Array(V).fill(-1));
      if (parent >= 0) this.children[parent][token] = node;
      const prefix = this.prefix(node);
      const rewards = new Float64Array(V).fill(Number.NaN);
      for (let v = 0; v < V; v++) if (this.isTerminal(node, v)) rewards[v] = reward([...prefix, v]);
      this.endRewards.push(rewards);
    });
  }

  /** Works the values out, from the leaves up. */
  finish(isComplete: boolean): this {
    const { vocabulary: V } = this.problem;
    this.isComplete = isComplete;
    this.known = new Float64Array(this.size);
    this.unopened = new Float64Array(this.size);
    for (let node = this.size - 1; node >= 0; node--) {
      for (let v = 0; v < V; v++) {
        const p = exp(this.logPi[node][v]);
        const child = this.children[node][v];
        if (this.isTerminal(node, v)) this.known[node] += p * this.endRewards[node][v];
        else if (child < 0) this.unopened[node] += p;
        else {
          this.known[node] += p * this.known[child];
          this.unopened[node] += p * this.unopened[child];
        }
      }
    }
    return this;
  }

  /** Evaluated node of a prefix, or −1. */
  find(prefix: readonly number[]): number {
    let node = 0;
    for (const token of prefix) {
      if (this.isTerminal(node, token)) return -1;
      node = this.children[node][token];
      if (node < 0) return -1;
    }
    return node;
  }

  /** Share of the node's mass that was not evaluated: the width of its interval in units of the reward range. */
  unopenedShare(node: number): number {
    return this.unopened[node];
  }

  /** V of an evaluated node. */
  valueOf(node: number): Interval {
    return this.interval(this.known[node], this.unopened[node]);
  }

  /** Q(s, v) for every token v at an evaluated node, [V]. */
  actionValues(node: number): Interval[] {
    return Array.from({ length: this.problem.vocabulary }, (_, v) => {
      if (this.isTerminal(node, v)) return this.interval(this.endRewards[node][v], 0);
      const child = this.children[node][v];
      return child < 0 ? this.interval(0, 1) : this.valueOf(child);
    });
  }

  /** V(s) of a prefix, which for a whole response is its reward; null where it was not evaluated. */
  value(prefix: readonly number[]): Interval | null {
    const node = this.find(prefix);
    if (node >= 0) return this.valueOf(node);
    const above = prefix.length > 0 ? this.find(prefix.slice(0, -1)) : -1;
    if (above < 0) return null;
    const last = prefix[prefix.length - 1];
    return this.isTerminal(above, last) ? this.interval(this.endRewards[above][last], 0) : null;
  }

  private interval(known: number, unopened: number): Interval {
    const [least, most] = this.problem.rewardRange;
    const low = known + unopened * least;
    const high = known + unopened * most;
    return { estimate: (low + high) / 2, low, high };
  }

  /** π(·|s) at an evaluated node, [V]. */
  policy(node: number): Float64Array {
    return this.logPi[node].map(exp);
  }

  /**
   * ∂J/∂logits (at T_base, before division by it) at an evaluated node, [V]: P(s) π(v) (q(s,v) − v(s)) with q the evaluated
   * part. Summed over all nodes through the model this is Σ P(y) R(y) ∇log P(y) over the evaluated whole responses.
   */
  gradient(node: number): Float64Array {
    const mass = exp(this.logMasses[node]);
    return this.logPi[node].map((logp, v) => {
      const child = this.children[node][v];
      const q = this.isTerminal(node, v) ? this.endRewards[node][v] : child < 0 ? 0 : this.known[child];
      return mass * exp(logp) * (q - this.known[node]);
    });
  }
}
