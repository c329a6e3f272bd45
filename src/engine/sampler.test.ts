import { describe, expect, it } from 'vitest';
import { createBagModel } from '../../tests/support/bagModel.ts';
import { chainSum } from '../core/tasks/chainSum.ts';
import { tokenize } from '../core/tasks/index.ts';
import { uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { SamplingStage } from '../core/stages/types.ts';
import { drawFrom, klDivergence, logSoftmaxInto } from './distribution.ts';
import { packResponses } from './pack.ts';
import { sampleResponses } from './sampler.ts';
import { taskModelConfig } from './taskModel.ts';
import type { LanguageModel } from './types.ts';

function randomModel(): LanguageModel {
  const model = createBagModel(taskModelConfig(chainSum));
  model.setParameters(Float32Array.from({ length: model.layout.total }, (_, i) => uniformAt(1, i) - 0.5));
  return model;
}
const prompts = ['7+5+9+4=', '1+2+3+4=', '0+0+0+1='].map((text) => tokenize(chainSum, text));
const sample = (model: LanguageModel, stage: SamplingStage, temperature = 1, baseTemperature = 1) =>
  sampleResponses({
    model,
    task: chainSum,
    prompts,
    baseTemperature,
    choose: { kind: 'draw', stage, knobs: { temperature }, state: null, uniform: (row, position) => uniformAt(9, row, position) },
    keepStates: true,
  });

describe('distribution', () => {
  it('gives log-probabilities and entropy', () => {
    const out = new Float64Array(4);
    expect(logSoftmaxInto(out, [9, 0, 0, -Infinity, 0], 1, 1)).toBeCloseTo(Math.log(3), 12);
    expect(out[0]).toBeCloseTo(-Math.log(3), 12);
    expect(out[2]).toBe(-Infinity);
  });

  it('divides by the temperature', () => {
    const out = new Float64Array(2);
    logSoftmaxInto(out, [2, 0], 0, 2);
    expect(out[0]).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 12);
  });

  it('draws by inverse cumulative probability and never an impossible token', () => {
    const logp = Float64Array.from([0.2, 0.5, 0, 0.3], Math.log);
    expect([0, 0.19, 0.21, 0.69, 0.71, 0.999999].map((u) => drawFrom(logp, u))).toEqual([0, 0, 1, 1, 3, 3]);
    expect(drawFrom(Float64Array.from([0.5, 0.4, 0], Math.log), 0.95)).toBe(1);
  });

  it('gives the divergence of two coins', () => {
    const p = Float64Array.from([0.5, 0.5], Math.log);
    const q = Float64Array.from([0.25, 0.75], Math.log);
    expect(klDivergence(p, q)).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 12);
  });
});

describe('packResponses', () => {
  it('leaves out the last token and asks for the row that predicts each', () => {
    expect(
      packResponses([
        { prompt: [1, 2], response: [3, 4, 5] },
        { prompt: [6], response: [7] },
      ]),
    ).toEqual({
      ids: Int32Array.from([1, 2, 3, 4, 6]),
      offsets: Int32Array.from([0, 4, 5]),
      rows: Int32Array.from([1, 2, 3, 4]),
    });
  });
});

describe('sampleResponses', () => {
  it('records the log-probs that a teacher-forced pass gives', () => {
    const model = randomModel();
    const responses = sample(model, temperatureSampling, 1.3, 0.8);
    const V = model.config.vocabulary;
    const { logits } = model.forward(packResponses(responses.map((response, i) => ({ prompt: prompts[i], response: response.tokens }))));
    const logp = new Float64Array(V);
    let k = 0;
    for (const response of responses) {
      response.tokens.forEach((token, t) => {
        expect(response.entropies[t]).toBeCloseTo(logSoftmaxInto(logp, logits, k * V, 0.8), 5);
        expect(response.logprobs[t]).toBeCloseTo(logp[token], 5);
        logSoftmaxInto(logp, logits, k++ * V, 1.3);
        expect(response.samplingLogprobs[t]).toBeCloseTo(logp[token], 5);
        expect(response.temperatures[t]).toBe(1.3);
      });
    }
  });

  it('ends at the end token or at the limit, and finished rows cost nothing', () => {
    const model = randomModel();
    const asked: number[] = [];
    const counting: LanguageModel = {
      ...model,
      createDecoder: () => {
        const decoder = model.createDecoder();
        return {
          ...decoder,
          step: (rows, tokens) => {
            asked.push(rows.length);
            return decoder.step(rows, tokens);
          },
        };
      },
    };
    const responses = sample(counting, temperatureSampling);
    const lengths = responses.map((response) => response.tokens.length);
    expect(asked).toEqual(Array.from({ length: Math.max(...lengths) - 1 }, (_, i) => lengths.filter((length) => length > i + 1).length));
    for (const response of responses) {
      expect(response.tokens.indexOf(chainSum.endToken)).toBe(response.truncated ? -1 : response.tokens.length - 1);
      if (response.truncated) expect(response.tokens).toHaveLength(chainSum.maxTokens);
    }
  });

  it('draws the same where a stage changes only other positions', () => {
    const model = randomModel();
    let calls = 0;
    const hotLater: SamplingStage = {
      transform: (input) => {
        const isFirst = calls++ < prompts.length;
        return temperatureSampling.transform({ ...input, knobs: { temperature: isFirst ? 1 : 3 } });
      },
    };
    const plain = sample(model, temperatureSampling);
    const changed = sample(model, hotLater);
    expect(changed.map((response) => response.tokens[0])).toEqual(plain.map((response) => response.tokens[0]));
    expect(changed.map((response) => response.tokens)).not.toEqual(plain.map((response) => response.tokens));
  });
});
