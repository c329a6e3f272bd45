/**
 * KV-cached sampling. Between the forward step and the draw stands the method's sampling stage, in float64:
 * raw logits → logits′ → softmax → inverse-cumulative draw with a counter-based u.
 */
import type { KnobValues, SamplingStage } from '../core/stages/types.ts';
import type { MethodState } from '../core/batch.ts';
import type { Task } from '../core/tasks/types.ts';
import { argmax, drawFrom, logSoftmaxInto } from './distribution.ts';
import { finish, settled, type Steps } from './steps.ts';
import type { AnyModel, LanguageModel } from './types.ts';

export interface SampleRequest<M extends AnyModel = LanguageModel> {
  model: M;
  task: Pick<Task, 'endToken' | 'maxTokens'>;
  /** One prompt a row; repeat a prompt to sample it several times. */
  prompts: readonly (readonly number[])[];
  /** T_base: log-probs and entropies of π are those of softmax(logits / T_base). */
  baseTemperature: number;
  /** How to choose: draw with u(row, position) from the stage's logits′, or take the most likely token. */
  choose:
    | { kind: 'greedy' }
    | {
        kind: 'draw';
        stage: SamplingStage;
        knobs: KnobValues;
        state: MethodState;
        uniform: (row: number, position: number) => number;
        /** Values [V] after every candidate of each text, for the rows whose stage reads them. */
        candidates?: { isRead(row: number): boolean; values(texts: readonly (readonly number[])[]): Float64Array[] };
      };
  /** Keep raw logits and hidden states of every token (a batch needs them, an evaluation does not). */
  keepStates?: boolean;
}

/** One sampled response; arrays run over its tokens. */
export interface SampledResponse {
  tokens: number[];
  /** Log-prob under what drew the token. */
  samplingLogprobs: number[];
  /** Temperature that drew the token. */
  temperatures: number[];
  /** log π(token) at T_base. */
  logprobs: number[];
  /** Entropy of π at T_base, nats. */
  entropies: number[];
  /** [T,V] raw logits and [T,d] hidden states with room for more; empty where not asked for. */
  logits: Float32Array;
  hidden: Float32Array;
  /** Cut off at the task's limit instead of ended. */
  truncated: boolean;
}

/** Whether a stage left π as it is: then its softmax is at hand. */
function isScaled(shaped: Float64Array, raw: Float64Array, temperature: number): boolean {
  for (let v = 0; v < raw.length; v++) if (shaped[v] !== raw[v] / temperature) return false;
  return true;
}

/** The candidates' values of the rows that read them, by row; null where none does. */
function readCandidates(
  { candidates }: Extract<SampleRequest['choose'], { kind: 'draw' }>,
  rows: Int32Array,
  start: number,
  prompts: readonly (readonly number[])[],
  responses: readonly SampledResponse[],
): Map<number, Float64Array> | null {
  if (!candidates) return null;
  const reading = Array.from(rows).filter((row) => candidates.isRead(start + row));
  const values = candidates.values(reading.map((row) => [...prompts[row], ...responses[row].tokens]));
  return new Map(reading.map((row, k) => [row, values[k]]));
}

/** Rows decoded together: more do not cost less each, and their keys and values would leave the second-level cache. */
const ROWS = 64;

/** Samples one response a row, in lock step; a finished row takes no further part. */
export const sampleResponses = (request: SampleRequest): SampledResponse[] => finish(sampleSteps(request));

/** As `sampleResponses`, on any model. */
export function* sampleSteps(request: SampleRequest<AnyModel>): Steps<SampledResponse[]> {
  const responses: SampledResponse[] = [];
  for (let start = 0; start < request.prompts.length; start += ROWS) responses.push(...(yield* sampleRows(request, start)));
  return responses;
}

function* sampleRows(request: SampleRequest<AnyModel>, start: number): Steps<SampledResponse[]> {
  const { model, task, choose, baseTemperature } = request;
  const { vocabulary: V, width: d } = model.config;
  const prompts = request.prompts.slice(start, start + ROWS);
  const room = request.keepStates ? task.maxTokens : 0;
  const responses = prompts.map(
    (): SampledResponse => ({
      tokens: [],
      samplingLogprobs: [],
      temperatures: [],
      logprobs: [],
      entropies: [],
      logits: new Float32Array(room * V),
      hidden: new Float32Array(room * d),
      truncated: false,
    }),
  );
  const raw = new Float64Array(V);
  const shaped = new Float64Array(V);
  const logPi = new Float64Array(V);
  const decoder = model.createDecoder();
  try {
    let rows = Int32Array.from(prompts.keys());
    let next = yield* settled(decoder.prefill(prompts));
    for (let position = 0; rows.length > 0; position++) {
      const going: number[] = [];
      const tokens: number[] = [];
      const valued = choose.kind === 'draw' ? readCandidates(choose, rows, start, prompts, responses) : null;
      rows.forEach((row, i) => {
        const response = responses[row];
        for (let v = 0; v < V; v++) raw[v] = next.logits[i * V + v];
        const entropy = logSoftmaxInto(logPi, raw, 0, baseTemperature);
        let token: number;
        let temperature = baseTemperature;
        if (choose.kind === 'greedy') {
          token = argmax(raw);
          response.samplingLogprobs.push(0);
        } else {
          const { knobs, state } = choose;
          const candidateValues = valued?.get(row);
          temperature = choose.stage.transform({
            logits: raw,
            out: shaped,
            knobs,
            state,
            ...(candidateValues ? { candidateValues } : {}),
          }).temperature;
          const drawing = isScaled(shaped, raw, baseTemperature) ? logPi : shaped;
          if (drawing === shaped) logSoftmaxInto(shaped, shaped, 0, 1);
          token = drawFrom(drawing, choose.uniform(start + row, position));
          response.samplingLogprobs.push(drawing[token]);
        }
        response.tokens.push(token);
        response.temperatures.push(temperature);
        response.logprobs.push(logPi[token]);
        response.entropies.push(entropy);
        if (request.keepStates) {
          for (let v = 0; v < V; v++) response.logits[position * V + v] = next.logits[i * V + v];
          for (let j = 0; j < d; j++) response.hidden[position * d + j] = next.hidden[i * d + j];
        }
        if (token === task.endToken) return;
        if (position + 1 === task.maxTokens) {
          response.truncated = true;
          return;
        }
        going.push(row);
        tokens.push(token);
      });
      if (going.length === 0) break;
      rows = Int32Array.from(going);
      next = yield* settled(decoder.step(rows, Int32Array.from(tokens)));
    }
  } finally {
    decoder.dispose();
  }
  return responses;
}
