import { exp } from '../math.ts';
import type { OracleProblem } from './enumerate.ts';
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
  /** [room,V] row-major, a row a node: log π, evaluated child (−1), reward of the response that ends here (NaN where it goes on). */
  private logPi = new Float64Array(0);
  private children = new Int32Array(0);
  private endRewards = new Float64Array(0);
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
    return this.children[node * this.problem.vocabulary + token];
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
    return { node, token, logMass: this.logMasses[node] + this.logPi[node * this.problem.vocabulary + token] };
  }

  /** One token after the node a prefix goes on and is not evaluated; one of probability 0 holds nothing. */
  private isOpen(node: number, token: number): boolean {
    const k = node * this.problem.vocabulary + token;
    return this.children[k] < 0 && this.logPi[k] > -Infinity && !this.isTerminal(node, token);
  }

  /** Share of the node's mass in the prefixes one token after it that are not evaluated. */
  openShare(node: number): number {
    const { vocabulary: V } = this.problem;
    let share = 0;
    for (let token = 0; token < V; token++) if (this.isOpen(node, token)) share += exp(this.logPi[node * V + token]);
    return share;
  }

  /** The first of those in the order of work, or the first after `last`; null where there is none. */
  nextOpen(node: number, last: OpenPrefix | null): OpenPrefix | null {
    const { vocabulary: V } = this.problem;
    let next = -1;
    let most = -Infinity;
    for (let token = 0; token < V; token++) {
      const logMass = this.logMasses[node] + this.logPi[node * V + token];
      const isAfter = last === null || logMass < last.logMass || (logMass === last.logMass && token > last.token);
      if (!(isAfter && logMass > most && this.isOpen(node, token))) continue;
      next = token;
      most = logMass;
    }
    return next < 0 ? null : { node, token: next, logMass: most };
  }

  /** Adds evaluated prefixes in order; `rows` is log π after each, [k,V]. */
  add(prefixes: readonly OpenPrefix[], rows: Float64Array): void {
    const { vocabulary: V, reward } = this.problem;
    const first = this.size;
    this.makeRoom(first + prefixes.length);
    this.logPi.set(rows, first * V);
    prefixes.forEach(({ node: parent, token, logMass }) => {
      const node = this.size;
      this.parents.push(parent);
      this.tokens.push(token);
      this.depths.push(parent < 0 ? 0 : this.depths[parent] + 1);
      this.logMasses.push(logMass);
      if (parent >= 0) this.children[parent * V + token] = node;
      const prefix = this.prefix(node);
      for (let v = 0; v < V; v++) if (this.isTerminal(node, v)) this.endRewards[node * V + v] = reward([...prefix, v]);
    });
  }

  /** Doubled where it is too small, so that a tree is copied a few times and not at every node. */
  private makeRoom(nodes: number): void {
    const { vocabulary: V } = this.problem;
    if (nodes * V <= this.logPi.length) return;
    const room = Math.max(nodes, 2 * (this.logPi.length / V)) * V;
    const { logPi, children, endRewards } = this;
    this.logPi = new Float64Array(room);
    this.logPi.set(logPi);
    this.children = new Int32Array(room).fill(-1);
    this.children.set(children);
    this.endRewards = new Float64Array(room).fill(Number.NaN);
    this.endRewards.set(endRewards);
  }

  /** Works the values out, from the leaves up. */
  finish(isComplete: boolean): this {
    const { vocabulary: V } = this.problem;
    this.isComplete = isComplete;
    this.known = new Float64Array(this.size);
    this.unopened = new Float64Array(this.size);
    for (let node = this.size - 1; node >= 0; node--) {
      for (let v = 0; v < V; v++) {
        const p = exp(this.logPi[node * V + v]);
        const child = this.children[node * V + v];
        if (this.isTerminal(node, v)) this.known[node] += p * this.endRewards[node * V + v];
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
      node = this.child(node, token);
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
    const { vocabulary: V } = this.problem;
    return Array.from({ length: V }, (_, v) => {
      if (this.isTerminal(node, v)) return this.interval(this.endRewards[node * V + v], 0);
      const child = this.child(node, v);
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
    return this.isTerminal(above, last) ? this.interval(this.endRewards[above * this.problem.vocabulary + last], 0) : null;
  }

  private interval(known: number, unopened: number): Interval {
    const [least, most] = this.problem.rewardRange;
    const low = known + unopened * least;
    const high = known + unopened * most;
    return { estimate: (low + high) / 2, low, high };
  }

  /** log π(·|s), [V]; a view. */
  private rowOf(node: number): Float64Array {
    const { vocabulary: V } = this.problem;
    return this.logPi.subarray(node * V, (node + 1) * V);
  }

  /** π(·|s) at an evaluated node, [V]. */
  policy(node: number): Float64Array {
    return this.rowOf(node).map(exp);
  }

  /**
   * ∂J/∂logits (at T_base, before division by it) at an evaluated node, [V]: P(s) π(v) (q(s,v) − v(s)) with q the evaluated
   * part. Summed over all nodes through the model this is Σ P(y) R(y) ∇log P(y) over the evaluated whole responses.
   */
  gradient(node: number): Float64Array {
    const mass = exp(this.logMasses[node]);
    return this.rowOf(node).map((logp, v) => {
      const child = this.child(node, v);
      const q = this.isTerminal(node, v) ? this.endRewards[node * this.problem.vocabulary + v] : child < 0 ? 0 : this.known[child];
      return mass * exp(logp) * (q - this.known[node]);
    });
  }
}
