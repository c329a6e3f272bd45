import type { Decoder, ForwardResult, ModelConfig } from '../types.ts';
import { allocateWorkspace, type WeightBlocks, type Workspace } from './plan.ts';
import { readResults } from './results.ts';
import type { WasmRuntime } from './runtime.ts';
import { buildSequenceTree, checkTokens } from './sequenceTree.ts';

/**
 * Decoder on the kernels. Keys and values are kept per node of the tree of all rows, so equal prompts, and rows that
 * chose the same token after the same prefix, cost one forward step together.
 */
export function createWasmDecoder(runtime: WasmRuntime, config: ModelConfig, weights: WeightBlocks, refresh: () => void): Decoder {
  const { context } = config;
  let workspace: Workspace | undefined;
  let nodes = 0;
  /** [rows] length so far, and the last node of each row. */
  let lengths = new Int32Array(0);
  let ends = new Int32Array(0);

  const run = (active: Workspace, first: number, count: number, wanted: number, slots: Int32Array): ForwardResult => {
    const { plan } = active;
    refresh();
    plan.first = first;
    plan.count = count;
    plan.wanted = wanted;
    runtime.kernels.forward(active.publish());
    return readResults(runtime, plan, slots);
  };

  return {
    prefill(prompts) {
      workspace?.dispose();
      const offsets = new Int32Array(prompts.length + 1);
      prompts.forEach((prompt, r) => {
        if (prompt.length === 0) throw new Error('A prompt is empty: give at least one token.');
        offsets[r + 1] = offsets[r] + prompt.length;
      });
      const tree = buildSequenceTree(
        { ids: Int32Array.from(prompts.flat()), offsets, rows: offsets.subarray(1).map((end) => end - 1) },
        config,
      );
      nodes = tree.tokens.length;
      lengths = Int32Array.from(prompts, (prompt) => prompt.length);
      const room = lengths.reduce((sum, length) => sum + context - length, 0);
      const capacity = {
        nodes: Math.max(nodes, prompts.length),
        keptNodes: nodes + room,
        paths: prompts.length * context,
        training: false,
      };
      workspace = allocateWorkspace(runtime, config, weights, capacity);
      const { plan } = workspace;
      // Each row owns `context` entries of the paths, so that it can grow in place.
      const paths = runtime.ints(plan.paths, capacity.paths);
      const starts = runtime.ints(plan.pathStarts, nodes);
      for (let r = 0; r < prompts.length; r++) {
        for (let i = 0; i < lengths[r]; i++) {
          const node = tree.paths[offsets[r] + i];
          paths[r * context + i] = node;
          starts[node] = r * context;
        }
      }
      runtime.ints(plan.tokens, nodes).set(tree.tokens);
      runtime.ints(plan.positions, nodes).set(tree.positions);
      ends = tree.slots.slice();
      return run(workspace, 0, nodes, tree.wanted, tree.slots);
    },

    step(rows, tokens) {
      if (!workspace) throw new Error('Decoder.step was called before prefill.');
      const { plan, capacity } = workspace;
      const first = nodes;
      const slots = new Int32Array(rows.length);
      const paths = runtime.ints(plan.paths, capacity.paths);
      const nodeTokens = runtime.ints(plan.tokens, capacity.keptNodes);
      const positions = runtime.ints(plan.positions, capacity.keptNodes);
      const starts = runtime.ints(plan.pathStarts, capacity.keptNodes);
      const known = new Map<number, number>();
      for (let k = 0; k < rows.length; k++) {
        const row = rows[k];
        const length = lengths[row];
        checkTokens(tokens, k, k + 1, config);
        if (!(length < context)) throw new Error(`Row ${row} is at the model's context of ${context} tokens and cannot grow.`);
        const key = ends[row] * config.vocabulary + tokens[k];
        let node = known.get(key);
        if (node === undefined) {
          node = nodes++;
          known.set(key, node);
          nodeTokens[node] = tokens[k];
          positions[node] = length;
          starts[node] = row * context;
        }
        paths[row * context + length] = node;
        ends[row] = node;
        lengths[row] = length + 1;
        slots[k] = node - first;
      }
      const count = nodes - first;
      return run(workspace, first, count, count, slots);
    },

    dispose() {
      workspace?.dispose();
      workspace = undefined;
    },
  };
}
