/** What the page asks of a run and is answered once, beside the training: scores, truths, gradients, completed batches, saves. */
import { decodeBatch } from '../core/batchCodec.ts';
import { encodeBatch } from '../core/batchEncoder.ts';
import { decodeCheckpoint, encodeRun, encodeWeights } from './checkpoint.ts';
import type { SavedModel } from './checkpoint.ts';
import { completeBatch } from './equipment.ts';
import type { EquipmentWorld } from './equipment.ts';
import type { ToWorker, WeightsSource } from './protocol.ts';
import { resolveMethod } from './resolveMethod.ts';
import { equipmentWorld } from './run.ts';
import type { Run } from './run.ts';
import { createScoreboardDesk } from './scoreboardDesk.ts';
import { scoreSteps } from './scorer.ts';
import type { SessionHost } from './sessionTypes.ts';
import { finishLater } from './steps.ts';
import { createTruthDesk, keepGiven } from './truthDesk.ts';
import type { TruthDesk, TruthHost } from './truthDesk.ts';

type Request = Extract<
  ToWorker,
  { kind: 'score' | 'keep' | 'hold' | 'truth' | 'actions' | 'whatIf' | 'spread' | 'gradients' | 'cancel' | 'complete' | 'save' | 'weights' }
>;

export interface RequestDesk extends Pick<TruthDesk, 'keep' | 'clear'> {
  answer(run: Run, request: Request): void | Promise<void>;
}

export function createRequestDesk(host: SessionHost, beside: TruthHost, create: EquipmentWorld['create']): RequestDesk {
  const truth = createTruthDesk(beside);
  const scoreboard = createScoreboardDesk(beside);

  /** Weights, and what is known of second networks beside them. */
  function weightsOf({ task, config }: Run, source: WeightsSource): { weights: Float32Array; saved: readonly SavedModel[] } {
    if ('kept' in source) return { weights: truth.weightsOf(source.kept), saved: [] };
    const { parameters, models = [] } = decodeCheckpoint(source.checkpoint, { task: task.meta.id, config });
    return { weights: parameters, saved: models };
  }

  async function complete(run: Run, { request, batch, weights, method }: Extract<Request, { kind: 'complete' }>): Promise<void> {
    const asked = {
      batch: decodeBatch(batch),
      method: await resolveMethod(method),
      task: run.task,
      ...weightsOf(run, weights),
      // A head on the policy belongs to the weights; a network of its own is the run's as it stands.
      held: method.id === run.trained.id && run.second.every(({ own }) => own !== null) ? run.second : [],
    };
    const completed = encodeBatch(await completeBatch(asked, equipmentWorld(run, create)));
    host.post({ kind: 'completed', request, batch: completed }, [completed]);
  }

  return {
    keep: truth.keep,
    clear() {
      truth.clear();
      scoreboard.clear();
    },
    async answer(run, message) {
      switch (message.kind) {
        case 'score': {
          const { model, task, base } = run;
          const { prompt, responses, temperature, request } = message;
          const batch = encodeBatch(await finishLater(scoreSteps(model, task, base, prompt, responses, temperature)));
          return host.post({ kind: 'scored', request, batch }, [batch]);
        }
        case 'keep':
          return keepGiven(truth, message, run);
        case 'hold':
          return truth.hold(message.id);
        case 'truth':
        case 'actions':
        case 'whatIf':
        case 'spread':
          return truth.ask(message);
        case 'gradients': {
          const { task, base } = run;
          return scoreboard.ask(message, { task, base, weights: weightsOf(run, message.weights).weights });
        }
        case 'cancel':
          truth.cancel(message.request);
          return scoreboard.cancel(message.request);
        case 'complete':
          return complete(run, message);
        case 'weights': {
          const checkpoint = encodeWeights(run, truth.weightsOf(message.batch));
          return host.post({ kind: 'saved', request: message.request, checkpoint }, [checkpoint]);
        }
        case 'save': {
          const checkpoint = encodeRun(run);
          return host.post({ kind: 'saved', request: message.request, checkpoint }, [checkpoint]);
        }
      }
    },
  };
}
