/**
 * True values by exact enumeration: the policy's own prefix tree is opened best first until, under every prefix that is asked
 * about, what is left unopened is below ε of that prefix's own probability. Then V lies in an interval that is certified.
 */
import { exp } from '../math.ts';
import type { OpenPrefix } from './prefixHeap.ts';
import { PrefixHeap } from './prefixHeap.ts';
import { ValueTree } from './valueTree.ts';

/** What is enumerated: responses of at most `maxTokens` tokens, ended by `endToken`, each with a verified reward. */
export interface OracleProblem {
  vocabulary: number;
  endToken: number;
  /** L: a response cut off here is terminal and verified as it stands. */
  maxTokens: number;
  /** Reward of a whole response. */
  reward: (response: readonly number[]) => number;
  /** Least and largest reward that a response can have. */
  rewardRange: readonly [number, number];
  /** Prefixes (response tokens) whose values are wanted; those that have ended already have their own reward. */
  prefixes: readonly (readonly number[])[];
  /** ε: the largest share of a wanted prefix's probability that may stay unopened. */
  epsilon: number;
  /** Give up when this many prefixes have been evaluated; a budget, never a time, so that a link shows the same numbers. */
  maxNodes: number;
}

/**
 * Prefixes to evaluate next. Each is one token after an evaluated node, which is given by its number: nodes are numbered in the
 * order in which they were asked for, from 0, the prompt itself (parent −1).
 */
export interface Extension {
  parents: Int32Array;
  tokens: Int32Array;
  /** Largest share of a wanted prefix's mass that stays unopened beside these; 1 while the wanted prefixes themselves are opened. */
  unopened: number;
}

/** Prefixes in one extension at most: enough to fill the kernels, few enough to stay close to best first. */
const BATCH = 256;

/** Evaluates everything that an enumeration asks for: `evaluate` gives log π after each new prefix, [k,V] row-major. */
export function runEnumeration(problem: OracleProblem, evaluate: (extension: Extension) => Float64Array): ValueTree {
  const steps = enumerate(problem);
  let step = steps.next();
  while (!step.done) step = steps.next(evaluate(step.value));
  return step.value;
}

/** The same, one extension at a time, so that the caller can stop between two. Throws where ε or the budget is not above 0. */
export function* enumerate(problem: OracleProblem): Generator<Extension, ValueTree, Float64Array> {
  const { epsilon, maxNodes } = problem;
  if (!(epsilon > 0)) throw new Error(`ε is ${epsilon}; a number above 0 is wanted.`);
  if (!(maxNodes >= 1)) throw new Error(`The budget is ${maxNodes} prefixes; at least one is wanted.`);
  const tree = new ValueTree(problem);
  tree.add([{ node: -1, token: -1, logMass: 0 }], yield { parents: Int32Array.of(-1), tokens: Int32Array.of(-1), unopened: 1 });
  const wanted = new Wanted(tree);

  // The wanted prefixes themselves, however unlikely, one depth after the other.
  const targets = [0];
  let level = problem.prefixes.map((prefix) => ({ prefix, node: 0 })).filter(({ prefix }) => prefix.length > 0);
  while (level.length > 0) {
    const missing = new Map<string, OpenPrefix>();
    for (const { prefix, node } of level) {
      const token = prefix[tree.depth(node)];
      if (!tree.isTerminal(node, token) && tree.child(node, token) < 0) missing.set(`${node} ${token}`, tree.open(node, token));
    }
    if (tree.size + missing.size > maxNodes) return tree.finish(false);
    if (missing.size > 0) yield* evaluateAll(tree, [...missing.values()], 1);
    level = level.flatMap(({ prefix, node }) => {
      const token = prefix[tree.depth(node)];
      if (tree.isTerminal(node, token)) return [];
      const child = tree.child(node, token);
      if (prefix.length > tree.depth(child)) return [{ prefix, node: child }];
      targets.push(child);
      return [];
    });
  }
  for (const target of [...new Set(targets)].sort((a, b) => a - b)) wanted.addTarget(target);
  for (let node = 0; node < tree.size; node++) wanted.addOpen(node);

  for (;;) {
    const batch = wanted.take(Math.min(BATCH, maxNodes - tree.size), epsilon);
    if (batch.length === 0) return tree.finish(wanted.isSettled(epsilon));
    const first = tree.size;
    yield* evaluateAll(tree, batch, wanted.largest());
    for (let node = first; node < tree.size; node++) wanted.addOpen(node);
  }
}

function* evaluateAll(tree: ValueTree, batch: readonly OpenPrefix[], unopened: number): Generator<Extension, void, Float64Array> {
  const [parents, tokens] = [Int32Array.from(batch, ({ node }) => node), Int32Array.from(batch, ({ token }) => token)];
  tree.add(batch, yield { parents, tokens, unopened });
}

/** The wanted prefixes, how much is left unopened under each, and which open prefix to evaluate next. */
class Wanted {
  /** [targets] node, the nearest wanted prefix above (−1 for none), share of its mass that is unopened, open prefixes directly under it. */
  private readonly nodes: number[] = [];
  private readonly above: number[] = [];
  private readonly unopened: number[] = [];
  private readonly heaps: PrefixHeap[] = [];
  /** [nodes] nearest wanted prefix at or above the node. */
  private readonly nearest: number[] = [];

  constructor(private readonly tree: ValueTree) {}

  /** Call with parents before children, and before any `addOpen`. */
  addTarget(node: number): void {
    this.above.push(node === 0 ? -1 : this.nearestOf(node));
    this.nearest[node] = this.nodes.length;
    this.nodes.push(node);
    this.unopened.push(0);
    this.heaps.push(new PrefixHeap());
  }

  private nearestOf(node: number): number {
    for (let n = node; n >= 0; n = this.tree.parent(n)) if (this.nearest[n] !== undefined) return this.nearest[n];
    return -1;
  }

  /** Takes up the prefixes one token after `node` that are neither evaluated nor whole responses. */
  addOpen(node: number): void {
    this.nearest[node] ??= this.nearest[this.tree.parent(node)];
    const target = this.nearest[node];
    this.pushNext(target, node, null);
    this.change(target, this.tree.openShare(node) * exp(this.tree.logMass(node) - this.tree.logMass(this.nodes[target])));
  }

  /** Of the open prefixes one token after a node only the first stands in the heap; the next takes its place when it is taken. */
  private pushNext(target: number, node: number, last: OpenPrefix | null): void {
    const next = this.tree.nextOpen(node, last);
    if (next) this.heaps[target].push(next);
  }

  /** Adds a share of the target's mass to what is unopened under it, and under all above it. */
  private change(target: number, share: number): void {
    const logMass = this.tree.logMass(this.nodes[target]);
    for (let t = target; t >= 0; t = this.above[t]) this.unopened[t] += share * exp(logMass - this.tree.logMass(this.nodes[t]));
  }

  /**
   * The `most` open prefixes that hold the largest share of a wanted prefix that is not settled yet, likeliest share first. As
   * a prefix is taken it counts as opened, so that a batch stops where its own completion would settle everything.
   */
  take(most: number, epsilon: number): OpenPrefix[] {
    const batch: OpenPrefix[] = [];
    while (batch.length < most) {
      let best = -1;
      let bestShare = -Infinity;
      this.heaps.forEach((heap, t) => {
        const top = heap.top();
        if (!top) return;
        let unsettled = t;
        while (unsettled >= 0 && this.unopened[unsettled] < epsilon) unsettled = this.above[unsettled];
        if (unsettled < 0) return;
        const share = top.logMass - this.tree.logMass(this.nodes[unsettled]);
        if (share > bestShare) {
          best = t;
          bestShare = share;
        }
      });
      const entry = best < 0 ? undefined : this.heaps[best].pop();
      if (!entry) break;
      this.pushNext(best, entry.node, entry);
      this.change(best, -exp(entry.logMass - this.tree.logMass(this.nodes[best])));
      batch.push(entry);
    }
    return batch;
  }

  /** Largest share that is unopened under a wanted prefix. */
  largest(): number {
    return Math.min(1, Math.max(0, ...this.unopened));
  }

  isSettled(epsilon: number): boolean {
    return this.unopened.every((share, t) => share < epsilon || this.heaps.every((heap, k) => heap.size === 0 || !this.isUnder(k, t)));
  }

  private isUnder(target: number, ancestor: number): boolean {
    for (let t = target; t >= 0; t = this.above[t]) if (t === ancestor) return true;
    return false;
  }
}
