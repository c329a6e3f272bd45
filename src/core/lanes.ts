/**
 * How any lane or formula term is read: from the credit's trace first, then from the batch, then from what the batch's tokens
 * and logits say by themselves.
 */
import type { RolloutBatch, TokenField, TokenMatrix } from './batch.ts';
import { entropyChangeOf, entropySlopeOf } from './entropyChange.ts';
import { logSumExp } from './math.ts';
import { fittedScale } from './metrics/fittedScale.ts';
import type { CreditResult } from './pipeline.types.ts';
import { klEstimate, NO_CLAMPS } from './stages/klEstimators.ts';
import { buildPrefixTree } from './prefixTree.ts';
import type { PrefixTree } from './prefixTree.ts';
import type { Lane, TraceEntry } from './stages/types.ts';

export { LANES } from './laneList.ts';

const trees = new WeakMap<RolloutBatch, PrefixTree[]>();

/** The prefix trees of all groups with the verifier's rewards, built once per batch. */
export function prefixTrees(batch: RolloutBatch): readonly PrefixTree[] {
  let found = trees.get(batch);
  if (!found) {
    found = batch.groups.map((_, g) => buildPrefixTree(batch, g));
    trees.set(batch, found);
  }
  return found;
}

const effects = new WeakMap<RolloutBatch, Float64Array>();

function sampledLogprob(matrix: TokenMatrix, t: number, token: number, temperature: number): number {
  const start = t * matrix.width;
  return matrix.data[start + token] / temperature - logSumExp(matrix.data, start, start + matrix.width, temperature);
}

/** [N] log π(token) after this step's updates minus before, from the stored logits; undefined without them. */
export function effectOf(batch: RolloutBatch): Float64Array | undefined {
  const { logits, logitsAfter, baseTemperature } = batch;
  if (!logits || !logitsAfter) return undefined;
  let effect = effects.get(batch);
  if (!effect) {
    effect = Float64Array.from(
      batch.tokens,
      (token, t) => sampledLogprob(logitsAfter, t, token, baseTemperature) - sampledLogprob(logits, t, token, baseTemperature),
    );
    effects.set(batch, effect);
  }
  return effect;
}

function fromTree(batch: RolloutBatch, read: (tree: PrefixTree, k: number) => number): Float64Array {
  const out = new Float64Array(batch.tokens.length);
  for (const tree of prefixTrees(batch)) for (let k = 0; k < tree.node.length; k++) out[tree.tokenStart + k] = read(tree, k);
  return out;
}

function referenceLogRatio(batch: RolloutBatch, credit: CreditResult): Float64Array | undefined {
  const ref = batch.fields.refLogprobs;
  const now = credit.trace.logprobs?.values ?? batch.fields.logprobs ?? batch.fields.oldLogprobs;
  return ref && now ? now.map((value, t) => value - ref[t]) : undefined;
}

/** What the batch says about a token by itself, by trace name. */
function ownValues(name: string, batch: RolloutBatch, credit: CreditResult): Float64Array | undefined {
  switch (name) {
    case 'credit':
      return credit.credit;
    case 'advantages':
      return credit.advantages;
    case 'clipState':
      return Float64Array.from(credit.clipState);
    case 'valueBefore':
    case 'valueAfter':
    case 'countBefore':
    case 'countAfter':
      return fromTree(batch, (tree, k) => tree[name][k]);
    case 'td':
      return fromTree(batch, (tree, k) => tree.valueAfter[k] - tree.valueBefore[k]);
    case 'effect':
      return effectOf(batch);
    case 'entropyChange':
      return entropyChangeOf(batch);
    case 'entropyPush':
      return entropySlopeOf(batch)?.map((slope, t) => slope * credit.credit[t]);
    case 'drawnValues': {
      // What was drawn from the policy itself has one value, not two.
      const { drawnValues, trueValues, samplingLogprobs, oldLogprobs } = batch.fields;
      return drawnValues ?? (samplingLogprobs?.every((value, t) => value === oldLogprobs?.[t]) ? trueValues : undefined);
    }
    case 'creditError': {
      const truth = batch.fields.trueAdvantages;
      const scale = truth ? fittedScale(credit.credit, truth) : 0;
      return truth?.map((a, t) => scale * credit.credit[t] - a);
    }
    case 'referenceLogRatio':
      return referenceLogRatio(batch, credit);
    case 'referenceKl':
      return referenceLogRatio(batch, credit)?.map((x) => klEstimate('k3', x, NO_CLAMPS).value);
    default:
      return batch.fields[name as TokenField];
  }
}

function expand(entry: TraceEntry, batch: RolloutBatch): Float64Array {
  if (entry.level === 'token') return entry.values;
  const out = new Float64Array(batch.tokens.length);
  // A number per test or forced token is none per token.
  if (entry.level === 'test' || entry.level === 'forced') return out.fill(NaN);
  batch.responses.forEach((response, i) => {
    const index = entry.level === 'response' ? i : entry.level === 'group' ? response.group : 0;
    out.fill(entry.values[index], response.start, response.end);
  });
  return out;
}

/** [N] numbers of a lane, NaN where there are none. */
export function laneValues(lane: Pick<Lane, 'trace'>, batch: RolloutBatch, credit: CreditResult): Float64Array {
  const entry = credit.trace[lane.trace];
  if (entry) return expand(entry, batch);
  return ownValues(lane.trace, batch, credit) ?? new Float64Array(batch.tokens.length).fill(NaN);
}

/** Lanes that have a number for at least one token. */
export function hasLane(lane: Pick<Lane, 'trace'>, batch: RolloutBatch, credit: CreditResult): boolean {
  return laneValues(lane, batch, credit).some((value) => !Number.isNaN(value));
}

/** One number for one token: a trace name at any level, a batch field, or `knob:<id>`. NaN where there is none. */
export function valueAt(name: string, batch: RolloutBatch, credit: CreditResult, token: number): number {
  if (name.startsWith('knob:')) return credit.knobs[name.slice(5)] ?? NaN;
  const entry = credit.trace[name];
  if (!entry) return ownValues(name, batch, credit)?.[token] ?? NaN;
  if (entry.level === 'batch') return entry.values[0];
  if (entry.level === 'token') return entry.values[token];
  if (entry.level === 'test' || entry.level === 'forced') return NaN;
  const response = batch.responses.findIndex(({ start, end }) => token >= start && token < end);
  if (response < 0) return NaN;
  return entry.values[entry.level === 'response' ? response : batch.responses[response].group];
}
