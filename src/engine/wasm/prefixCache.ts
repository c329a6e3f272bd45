import type { ModelConfig, PrefixCache } from '../types.ts';
import { allocateWorkspace, type Capacity, type WeightBlocks, type Workspace } from './plan.ts';
import { readResults } from './results.ts';
import type { WasmRuntime } from './runtime.ts';
import { checkTokens } from './sequenceTree.ts';

/** Prefixes that a new cache has room for. */
const FIRST_ROOM = 512;

/**
 * Cache on the kernels: keys and values of every prefix are kept, so that one more token costs one more token however long the
 * prefix is. The room is doubled where it ends and kept for the next prompt: blocks that come and go would tear the memory.
 */
export function createWasmPrefixCache(
  runtime: WasmRuntime,
  config: ModelConfig,
  weights: WeightBlocks,
  refresh: () => void,
): { start(prompt: readonly number[]): PrefixCache; dispose(): void } {
  const { width, layers } = config;
  let workspace: Workspace | undefined;
  let current: PrefixCache | undefined;
  /** Nodes of the kernels: the prompt's tokens, then one a prefix; prefix 0 is the prompt and its node the prompt's last. */
  let nodes = 0;
  let pathLength = 0;
  let positions: number[] = [];
  let pathStarts: number[] = [];

  function makeRoom(pass: number, paths: number): Workspace {
    const { capacity } = workspace ?? { capacity: { nodes: 0, keptNodes: 0, paths: 0 } };
    if (workspace && capacity.nodes >= pass && capacity.keptNodes >= nodes + pass && capacity.paths >= paths) return workspace;
    const wanted: Capacity = {
      nodes: Math.max(pass, capacity.nodes),
      keptNodes: Math.max(2 * capacity.keptNodes, nodes + pass, FIRST_ROOM),
      paths: Math.max(2 * capacity.paths, paths, FIRST_ROOM * 8),
      training: false,
    };
    const old = workspace;
    const next = allocateWorkspace(runtime, config, weights, wanted);
    if (old) {
      const copy = (from: number, to: number, length: number) => runtime.ints(to, length).set(runtime.ints(from, length));
      for (const list of ['tokens', 'positions', 'pathStarts'] as const) copy(old.plan[list], next.plan[list], nodes);
      copy(old.plan.paths, next.plan.paths, pathLength);
      for (let l = 0; l < layers; l++)
        copy(old.plan.qkv + l * old.plan.qkvStride, next.plan.qkv + l * next.plan.qkvStride, nodes * 3 * width);
      old.dispose();
    }
    workspace = next;
    return next;
  }

  /** Appends nodes one token after `parents` (−1: the first of the prompt) and returns the logits after the last `wanted` of them. */
  function append(parents: readonly number[], tokens: Int32Array, wanted: number): Float32Array {
    const count = tokens.length;
    const first = nodes;
    let total = pathLength;
    for (const parent of parents) {
      // The prompt's tokens follow one another within one call.
      const position = parent < 0 ? 0 : positions[parent] + 1;
      positions.push(position);
      pathStarts.push(total);
      total += position + 1;
    }
    const { plan, capacity, publish } = makeRoom(count, total);
    const paths = runtime.ints(plan.paths, capacity.paths);
    parents.forEach((parent, k) => {
      const node = first + k;
      const [start, position] = [pathStarts[node], positions[node]];
      if (position > 0) paths.copyWithin(start, pathStarts[parent], pathStarts[parent] + position);
      paths[start + position] = node;
    });
    nodes += count;
    pathLength = total;
    runtime.ints(plan.tokens + 4 * first, count).set(tokens);
    runtime.ints(plan.positions + 4 * first, count).set(positions.slice(first));
    runtime.ints(plan.pathStarts + 4 * first, count).set(pathStarts.slice(first));
    refresh();
    plan.first = first;
    plan.count = count;
    plan.wanted = count;
    runtime.kernels.forward(publish());
    return readResults(
      runtime,
      plan,
      Int32Array.from({ length: wanted }, (_, k) => count - wanted + k),
    ).logits;
  }

  function start(prompt: readonly number[]): PrefixCache {
    if (prompt.length === 0) throw new Error('A prompt is empty: give at least one token.');
    const ids = Int32Array.from(prompt);
    checkTokens(ids, 0, ids.length, config);
    [nodes, pathLength, positions, pathStarts] = [0, 0, [], []];
    const cache: PrefixCache = { extend };
    current = cache;
    return cache;

    function extend(parents: Int32Array, tokens: Int32Array): Float32Array {
      if (current !== cache) throw new Error('This cache of prefixes has ended: the model has begun another.');
      if (nodes === 0) {
        if (parents.length !== 1 || parents[0] !== -1) throw new Error('The prompt itself, parent −1, comes first and alone.');
        return append(
          Array.from(ids, (_, k) => k - 1),
          ids,
          1,
        );
      }
      const known = nodes - ids.length + 1;
      parents.forEach((parent, k) => {
        if (!(parent >= 0 && parent < known)) throw new Error(`Prefix ${parent} is not known: there are ${known}.`);
        checkTokens(tokens, k, k + 1, config);
        if (!(positions[ids.length - 1 + parent] + 1 < config.context))
          throw new Error(`Prefix ${parent} is at the model's context of ${config.context} tokens and cannot grow.`);
      });
      return append(
        Array.from(parents, (parent) => ids.length - 1 + parent),
        tokens,
        parents.length,
      );
    }
  }

  return {
    start,
    dispose() {
      workspace?.dispose();
      workspace = undefined;
    },
  };
}
