/** The credit's standard deviation over redrawn groups, on the model that drew them. */
import type { OracleProgress } from '../core/oracle/truth.ts';
import { createSpread } from '../core/oracle/spread.ts';
import { STREAM, uniformAt } from '../core/random.ts';
import { temperatureSampling } from '../core/stages/temperatureSampling.ts';
import type { ComposedMethod } from '../core/pipeline.types.ts';
import type { KnobValues } from '../core/stages/types.ts';
import type { TruthSource } from './oracle.ts';
import { assembleBatch, compareWithBase } from './rollout.ts';
import { sampleResponses } from './sampler.ts';

/**
 * [n] at the tokens of `group`: each of `redraws` times the group is drawn anew, from the distribution that drew it; every answer of
 * the batch in turn takes its place among the others of the new group and is credited again. `base` are the weights that reference
 * log-probs are taken against.
 */
export function* spreadSteps(
  source: TruthSource,
  base: Float32Array,
  group: number,
  method: { composed: ComposedMethod; knobs: KnobValues },
  redraws: number,
): Generator<OracleProgress, Float64Array> {
  const { model, task, batch } = source;
  const { prompt, start, end } = batch.groups[group];
  const { seed, step } = batch.draw ?? { seed: 0, step: 0 };
  const temperature = batch.baseTemperature;
  const drawing = source.drawing ?? { stage: temperatureSampling, knobs: { temperature }, state: null };
  const spread = createSpread({ batch, group, ...method });
  const answers = end - start;
  for (let r = 0; r < redraws; r++) {
    const responses = sampleResponses({
      model,
      task,
      prompts: Array.from({ length: answers }, () => prompt),
      baseTemperature: temperature,
      choose: {
        kind: 'draw',
        ...drawing,
        uniform: (row, position) => uniformAt(seed, STREAM.redraws, step, group, r, row, position),
      },
      keepStates: true,
    });
    const drawn = assembleBatch(task, model, [{ prompt, responses }], temperature);
    const needsBase = batch.fields.refLogprobs !== undefined;
    const fresh = needsBase
      ? { ...drawn, fields: { ...drawn.fields, refLogprobs: compareWithBase(model, base, drawn).refLogprobs } }
      : drawn;
    for (let kept = 0; kept < answers; kept++) {
      spread.add(kept, fresh);
      yield { phase: 'sampling', done: (r * answers + kept + 1) / (redraws * answers), nodes: 0 };
    }
  }
  return spread.deviations();
}
