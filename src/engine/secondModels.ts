/**
 * The networks that a method trains beside the policy. Core's specs say what they are; here they are made, asked, updated and
 * given back. They answer at once, whatever the policy runs on, and live as long as the method that trains needs them.
 */
import type { ModelRecord } from '../core/batch.ts';
import { exp } from '../core/math.ts';
import { hashText } from '../core/random.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import { answerOf, answerWidth } from '../core/stages/models.ts';
import type { ModelLossResult, ModelOutputs, ModelSpec } from '../core/stages/models.ts';
import type { KnobValues } from '../core/stages/types.ts';
import { logSoftmaxInto } from './distribution.ts';
import { fitVector, freshOptimizer, initialParameters } from './layout.ts';
import { packResponses, type Pair } from './pack.ts';
import type { AdamSettings, AnyModel, LanguageModel, ModelConfig } from './types.ts';

export interface SecondModel {
  spec: ModelSpec;
  /** Of its own, or null where it is a head on the policy. */
  own: LanguageModel | null;
  /** What it was made as: another trunk, size or start is another model. */
  key: string;
  /** Steps that its optimiser has taken, and the last loss. */
  updates: number;
  loss: number | null;
}

/** What a second model is made from. */
export interface SecondModelWorld {
  /** Of the policy, without a head. */
  config: ModelConfig;
  create(config: ModelConfig): Promise<LanguageModel>;
  base: Float32Array;
  /** The policy's weights as they stand. */
  policy(): Float32Array;
  seed: string;
}

type Composed = Pick<ComposedMethod, 'models'>;

const outputsOf = (spec: ModelSpec, knobs: KnobValues): number => {
  const answer = answerOf(spec, knobs);
  return answer.kind === 'logprobs' ? 0 : answerWidth(answer);
};

/** Numbers that the policy's own head must give: those of the one spec that shares its trunk. */
export function sharedOutputs({ models }: Composed, knobs: KnobValues): number {
  const sharing = models.filter((spec) => spec.trunk(knobs) === 'shared');
  if (sharing.length > 1) throw new Error('Only one second network can share the policy: give the others a trunk of their own.');
  const unfit = sharing.find(
    (spec) => spec.schedule(knobs) !== 'inner' || outputsOf(spec, knobs) === 0 || spec.readsLogits || spec.readsEnd,
  );
  if (unfit) throw new Error(`The ${unfit.title} cannot share the policy: give it a trunk of its own.`);
  return sharing.reduce((sum, spec) => sum + outputsOf(spec, knobs), 0);
}

/** Puts a second model where its spec starts it. A shared head is the policy's to clear. */
export function startSecondModel(second: SecondModel, knobs: KnobValues, world: Omit<SecondModelWorld, 'create'>): void {
  second.updates = 0;
  second.loss = null;
  const { own, spec } = second;
  if (!own) return;
  const init = spec.init(knobs);
  const from =
    init === 'random'
      ? initialParameters(own.config, hashText(`${world.seed} ${spec.name}`))
      : init === 'base'
        ? world.base
        : world.policy();
  // Whatever head the start has, this one's own begins at zero.
  const trunk = own.layout.entries.find(({ name }) => name === 'head')?.offset ?? own.layout.total;
  own.setParameters(fitVector(from.slice(0, trunk), own.layout));
  own.setOptimizer(freshOptimizer(own.layout));
}

/** The models that a method needs at these knobs: held ones that fit are kept as they are, the others are given back. */
export async function fitSecondModels(
  held: readonly SecondModel[],
  composed: Composed,
  knobs: KnobValues,
  world: SecondModelWorld,
): Promise<SecondModel[]> {
  const wanted = composed.models.map((spec) => {
    const isOwn = spec.trunk(knobs) === 'own';
    const outputs = outputsOf(spec, knobs);
    const config: ModelConfig = { ...world.config, ...(outputs > 0 ? { outputs } : {}) };
    return { spec, config, isOwn, key: [spec.name, spec.trunk(knobs), spec.init(knobs), JSON.stringify(config)].join(' ') };
  });
  const kept = held.filter(({ key }) => wanted.some((other) => other.key === key));
  const models: SecondModel[] = [];
  for (const { spec, config, isOwn, key } of wanted) {
    const found = kept.find((second) => second.key === key);
    if (found) {
      models.push({ ...found, spec });
      continue;
    }
    const made: SecondModel = { spec, own: isOwn ? await world.create(config) : null, key, updates: 0, loss: null };
    startSecondModel(made, knobs, world);
    models.push(made);
  }
  for (const second of held) if (!kept.includes(second)) second.own?.dispose();
  return models;
}

/** A forward pass of a second model over some responses, and what its backward pass needs. */
export interface SecondPass extends ModelOutputs {
  /** [N] rows of the pass that the tokens stand at; [responses] those of the ends, where they are read. */
  rows: Int32Array;
  endRows: Int32Array;
  /** [rows,V] log π at T_base, where the answers are log-probs. */
  logPi: Float64Array | null;
  tokens: Int32Array;
}

function place(pairs: readonly Pair[], withEnd: boolean): { rows: Int32Array; endRows: Int32Array; tokens: Int32Array } {
  const tokens = Int32Array.from(pairs.flatMap(({ response }) => Array.from(response)));
  const rows = new Int32Array(tokens.length);
  const endRows = new Int32Array(withEnd ? pairs.length : 0);
  let n = 0;
  let row = 0;
  pairs.forEach(({ response }, r) => {
    for (let t = 0; t < response.length; t++) rows[n++] = row++;
    if (withEnd) endRows[r] = row++;
  });
  return { rows, endRows, tokens };
}

/** [rows × width] of the listed rows, widened. */
function pick(values: Float32Array, width: number, rows: Int32Array): Float64Array {
  const out = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    for (let w = 0; w < width; w++) out[i * width + w] = values[row * width + w];
  });
  return out;
}

/** The answers that a head gave in a pass of the policy over the same responses. */
export const sharedAnswers = (outputs: Float32Array): ModelOutputs => ({ answers: Float64Array.from(outputs) });

/** Asks a second model of its own trunk. Nothing else may run on it before `updateSecond`. */
export function secondPass(
  own: LanguageModel,
  spec: ModelSpec,
  knobs: KnobValues,
  pairs: readonly Pair[],
  temperature: number,
): SecondPass {
  const { vocabulary: V } = own.config;
  const { logits, outputs } = own.forward(packResponses(pairs, spec.readsEnd));
  const { rows, endRows, tokens } = place(pairs, spec.readsEnd ?? false);
  const answer = answerOf(spec, knobs);
  const width = answerWidth(answer);
  const pass = {
    rows,
    endRows,
    tokens,
    ...(spec.readsLogits ? { logits: pick(logits, V, rows) } : {}),
    ...(spec.readsEnd && answer.kind !== 'logprobs' ? { endAnswers: pick(outputs, width, endRows) } : {}),
  };
  if (answer.kind !== 'logprobs') return { ...pass, answers: pick(outputs, width, rows), logPi: null };
  const logPi = new Float64Array(logits.length);
  const answers = new Float64Array(tokens.length);
  rows.forEach((row, n) => {
    const distribution = logPi.subarray(row * V, (row + 1) * V);
    logSoftmaxInto(distribution, logits, row * V, temperature);
    answers[n] = distribution[tokens[n]];
  });
  return { ...pass, answers, logPi };
}

/** ∂loss/∂logits and ∂loss/∂outputs at the rows of a pass, from core's derivatives. */
function gradients(pass: SecondPass, result: ModelLossResult, { vocabulary: V, outputs: O = 0 }: ModelConfig, temperature: number) {
  const { rows, endRows, logPi, tokens } = pass;
  const count = rows.length + endRows.length;
  const gradLogits = new Float32Array(count * V);
  const gradOutputs = new Float32Array(count * O);
  rows.forEach((row, n) => {
    for (let v = 0; v < V; v++) {
      // As in the policy's update: ∂ log π(o)/∂z_v = (1[v = o] − π_v)/T.
      const throughLogprob = logPi ? (result.gradAnswers[n] / temperature) * ((v === tokens[n] ? 1 : 0) - exp(logPi[row * V + v])) : 0;
      gradLogits[row * V + v] = throughLogprob + (result.gradLogits?.[n * V + v] ?? 0);
    }
    for (let o = 0; o < O; o++) gradOutputs[row * O + o] = result.gradAnswers[n * O + o];
  });
  endRows.forEach((row, r) => {
    for (let o = 0; o < O; o++) gradOutputs[row * O + o] = result.gradEndAnswers?.[r * O + o] ?? 0;
  });
  return { gradLogits, gradOutputs };
}

/** One Adam step of a second model on the loss of its last pass, its gradient no longer than `clip`; null where a number is not finite. */
export function updateSecond(
  second: SecondModel,
  pass: SecondPass,
  result: ModelLossResult,
  { clip = Infinity, ...adam }: AdamSettings & { clip?: number },
  temperature: number,
): ModelRecord | null {
  const own = second.own as LanguageModel;
  const { gradLogits, gradOutputs } = gradients(pass, result, own.config, temperature);
  const outputs = own.config.outputs ? gradOutputs : undefined;
  own.backward(gradLogits, outputs);
  const gradientNorm = own.gradientNorm();
  if (!Number.isFinite(result.loss) || !Number.isFinite(gradientNorm)) return null;
  if (gradientNorm > clip) {
    // The pass is linear in what it is given.
    const scaled = (gradient: Float32Array) => gradient.map((g) => (clip / gradientNorm) * g);
    own.backward(scaled(gradLogits), outputs && scaled(outputs));
  }
  own.adamStep(adam);
  return noteUpdate(second, pass.answers, result.loss, gradientNorm);
}

/** Moves a copy that lags behind the policy, where its time has come. */
export function followPolicy(second: SecondModel, policy: AnyModel, knobs: KnobValues, steps: number): void {
  const { own, spec } = second;
  const share = spec.follow?.(knobs, steps) ?? 0;
  if (!own || share === 0) return;
  const ahead = fitVector(policy.getParameters(), own.layout);
  own.setParameters(own.getParameters().map((weight, i) => (1 - share) * weight + share * ahead[i]));
  second.updates++;
}

/** Counts an update and gives its record. */
export function noteUpdate(second: SecondModel, answers: Float64Array, loss: number, gradientNorm: number): ModelRecord {
  second.updates++;
  second.loss = loss;
  return { name: second.spec.name, answers, loss, gradientNorm };
}

/** Weights, moments and counts, to go back to. */
export function snapshotSecond(models: readonly SecondModel[]): () => void {
  const saved = models.map((second) => ({
    second,
    updates: second.updates,
    loss: second.loss,
    parameters: second.own?.getParameters(),
    optimizer: second.own?.getOptimizer(),
  }));
  return () => {
    for (const { second, updates, loss, parameters, optimizer } of saved) {
      Object.assign(second, { updates, loss });
      if (parameters) second.own?.setParameters(parameters);
      if (optimizer) second.own?.setOptimizer(optimizer);
    }
  };
}
