/**
 * The scoreboard's gradients, worked out beside the training on a model of its own, in slices shorter than a training step, so
 * that neither waits long for the other. The newest request replaces the one before.
 */
import { decodeBatch } from '../core/batchCodec.ts';
import type { RolloutBatch } from '../core/batch.ts';
import { cosine } from '../core/metrics/gradientQuality.ts';
import { loadMethod } from '../core/methods/index.ts';
import { composeMethod, missingNeeds, stateOf } from '../core/pipeline.ts';
import type { Method } from '../core/stages/types.ts';
import type { Task } from '../core/tasks/types.ts';
import { certificateSteps } from './exactGradient.ts';
import { fitVector } from './layout.ts';
import type { FromWorker, GradientAnswer, GradientsRequest } from './protocol.ts';
import { ascentDirection, gradientSteps, groundSteps } from './scoreboard.ts';
import type { Ground, GroundRequest } from './scoreboard.ts';
import type { TruthHost } from './truthDesk.ts';
import type { LanguageModel } from './types.ts';

/** What a request is worked out with: the task, the weights that draw, and those that the reference log-probs are taken against. */
export interface GradientsSource {
  task: Task;
  weights: Float32Array;
  base: Float32Array;
}

interface Entrant {
  method: Method;
  knobs: GradientsRequest['methods'][number]['knobs'];
}

/** Length of a slice, ms, or of one piece of work where that takes longer: a step of training takes about four times as long. Only the pace depends on it, never a number. */
const SLICE = 10;

/** Messages of less than this share of the way are not worth their passing. */
const PROGRESS = 0.02;

/** The cosine of the method's direction on the frozen batch itself; null where its weights are not those that drew it. */
function ownCosine({ model, exact }: Ground, batch: RolloutBatch | null, { method, knobs }: Entrant): number | null {
  if (!batch || missingNeeds(batch, method, knobs).length > 0) return null;
  const composed = composeMethod(method);
  const direction = ascentDirection(model, batch, composed, knobs, stateOf(batch, composed));
  return direction ? cosine(direction, exact) : null;
}

/** All answers to a request, in the order of its methods; yields null where there is nothing to say yet. */
function* answerSteps(
  model: LanguageModel,
  request: GradientsRequest,
  { task, weights, base }: GradientsSource,
  entrants: readonly Entrant[],
): Generator<GradientAnswer | null, void> {
  const batch = decodeBatch(request.batch);
  model.setParameters(fitVector(weights, model.layout));
  const prompts = batch.groups.map(({ prompt }) => prompt);
  const groupSize = Math.max(...batch.groups.map(({ start, end }) => end - start));
  const { baseTemperature } = batch;
  const setting: GroundRequest = { ...request, model, task, base, prompts, groupSize, baseTemperature };
  const of = prompts.length + request.resamples + entrants.length * (request.resamples + 1) + 2 * prompts.length;
  let [passed, told] = [0, 0];
  const progress = (): GradientAnswer | null => {
    if (passed / of - told < PROGRESS) return null;
    told = passed / of;
    return { kind: 'progress', share: told };
  };
  const steps = groundSteps(setting);
  let step = steps.next();
  while (!step.done) {
    passed = step.value;
    yield progress();
    step = steps.next();
  }
  const ground = step.value;
  yield { kind: 'ground', unopened: ground.unopened, residual: ground.residual };
  for (const entrant of entrants) {
    const { method, knobs } = entrant;
    const composed = composeMethod(method);
    const own = ownCosine(ground, request.isOwn ? batch : null, entrant);
    passed++;
    yield progress();
    const directions = gradientSteps(ground, composed, knobs, stateOf(batch, composed));
    let direction = directions.next();
    while (!direction.done) {
      passed++;
      yield progress();
      direction = directions.next();
    }
    yield { kind: 'method', method: method.meta.id, ...direction.value, own };
  }
  // Last: every method's row is there before it.
  const before = passed;
  const pieces = certificateSteps(model, task, prompts, baseTemperature, request.budget);
  let piece = pieces.next();
  while (!piece.done) {
    passed = before + piece.value;
    yield progress();
    piece = pieces.next();
  }
  yield { kind: 'certificate', certificate: piece.value };
}

export interface ScoreboardDesk {
  ask(request: GradientsRequest, source: GradientsSource): void;
  cancel(request: number): void;
  /** Forgets everything: another model is on its way. */
  clear(): void;
}

export function createScoreboardDesk(host: TruthHost): ScoreboardDesk {
  let current: number | null = null;
  let model: Promise<LanguageModel> | null = null;

  async function begin(request: GradientsRequest, source: GradientsSource): Promise<void> {
    const own = request.request;
    const post = (answer: GradientAnswer | null, isLast: boolean) => {
      const message: FromWorker = { kind: 'gradients', request: own, answer, isLast };
      if (answer || isLast) host.post(message);
    };
    const fail = (error: unknown) => {
      if (current !== own) return;
      current = null;
      host.fail(error, own);
    };
    try {
      model ??= host.createModel();
      const used = await model;
      const entrants = await Promise.all(request.methods.map(async ({ id, knobs }) => ({ method: await loadMethod(id), knobs })));
      const steps = answerSteps(used, request, source, entrants);
      const slice = () => {
        if (current !== own) return;
        try {
          const start = host.now();
          let step = steps.next();
          while (!step.done && host.now() - start < SLICE) {
            post(step.value, false);
            step = steps.next();
          }
          post(step.value ?? null, step.done === true);
          if (step.done) current = null;
          else host.schedule(slice);
        } catch (error) {
          fail(error);
        }
      };
      host.schedule(slice);
    } catch (error) {
      fail(error);
    }
  }

  return {
    ask(request, source) {
      current = request.request;
      void begin(request, source);
    },
    cancel(request) {
      if (current === request) current = null;
    },
    clear() {
      current = null;
      void model?.then(
        (made) => made.dispose(),
        () => undefined,
      );
      model = null;
    },
  };
}
