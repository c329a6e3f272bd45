/**
 * The page's questions to the oracle: one at a time, as fast as the answers come, beside the training. What was found is kept by
 * weights and prompt, and put into the batch on screen; a live batch is held back until its own truth is there, so that what is
 * shown is of one step.
 */
import { createStore } from 'zustand/vanilla';
import { groupTokens } from '../core/batchSlice.ts';
import type { RolloutBatch } from '../core/batch.ts';
import type { StateValues, WhatIf } from '../core/oracle/actions.ts';
import { oracleSettings } from '../core/oracle/knobs.ts';
import { DEFAULT_BUDGET, withTruths } from '../core/oracle/truth.ts';
import type { GroupTruth, OracleBudget } from '../core/oracle/truth.ts';
import { perToken } from '../core/trace.ts';
import type { OracleJob } from '../engine/client.ts';
import type { Gate } from './context.ts';
import { deriveCredit } from './credit.ts';
import type { Lab } from './lab.ts';
import { createNames } from './truthNames.ts';
import {
  createAnswers,
  hasTruth,
  placeOf,
  prefixOf,
  sameBudget,
  samePin,
  spreadKey,
  spreadMethod,
  truthKey,
  withoutTruth,
} from './truthTypes.ts';
import type { Question, TruthState, Working } from './truthTypes.ts';
import { wantsSpread, wantsTruth } from './truthWants.ts';
import type { LabState } from './types.ts';

export type Truth = ReturnType<typeof createTruth>;

export function createTruth(lab: Lab) {
  const store = createStore<TruthState>(() => ({
    working: null,
    waiting: null,
    shown: null,
    isStopped: false,
    problem: null,
    actions: null,
    whatIf: null,
  }));
  const get = lab.store.getState;
  const answers = createAnswers();
  /** Questions that failed: they are not asked again by themselves. */
  const failed = new Set<string>();
  /** Batches that carry what was found here, and at which budget. */
  const attached = new WeakMap<RolloutBatch, OracleBudget>();
  const { nameOf, give } = createNames(lab);
  let job: { key: string; cancel(): void } | null = null;
  let held: { batch: RolloutBatch; change: Parameters<Gate>[1] } | null = null;
  /** The inspector wants Q(s, ·) of the pinned token. */
  let isInspected = false;
  let isPutting = false;

  /** What is to be known of a batch, in this order, and is not. */
  function questionsOf(state: LabState, batch: RolloutBatch, group: number, step: number): Question[] {
    const name = nameOf(state, batch === held?.batch ? batch : (state.sampled ?? batch));
    const { budget, redraws } = oracleSettings(state.overrides);
    const questions: Question[] = [];
    const truth = truthKey(name, group, budget);
    const isOwn = !attached.has(batch) && hasTruth(batch, group) && sameBudget(budget, DEFAULT_BUDGET);
    if (wantsTruth(state) && !isOwn) {
      questions.push({
        key: truth,
        what: 'truth',
        step,
        name,
        ask: (client, onProgress) => client.truth(name, [group], budget, (found) => answers.remember(truth, found.truth), onProgress),
        keep: () => undefined,
      });
    }
    if (wantsSpread(state)) {
      const key = spreadKey(state, name, group);
      questions.push({
        key,
        what: 'spread',
        step,
        name,
        ask: (client, onProgress) => client.spread({ batch: name, group }, spreadMethod(state), redraws, onProgress),
        keep: (answer) => answers.remember(key, answer),
      });
    }
    const pin = state.landedPin;
    const place = batch === state.batch && isInspected ? placeOf(state, name) : null;
    if (pin && place) {
      const key = `actions ${place}|${budget.epsilon}|${budget.continuations}`;
      const where = { batch: name, group: pin.group, prefix: prefixOf(batch, pin) };
      questions.push({
        key,
        what: 'actions',
        step,
        name,
        ask: (client, onProgress) => client.actions(where, budget, onProgress),
        keep(answer) {
          const actions = { place, step, values: answer as StateValues };
          answers.remember(key, actions);
          store.setState({ actions });
        },
      });
    }
    return questions.filter(({ key }) => !answers.has(key) && !failed.has(key));
  }

  /** Puts what is known into the batch on screen, or takes out what is not of its prompt. */
  function put(): void {
    const state = get();
    const { batch, sampled, group } = state;
    if (!batch || !sampled || isPutting) return;
    const name = nameOf(state, sampled);
    const { budget } = oracleSettings(state.overrides);
    const known = (at: number) => answers.get(truthKey(name, at, budget)) as GroupTruth | undefined;
    const isOwn = !attached.has(batch) && hasTruth(batch, group);
    const isAttached = attached.get(batch);
    let next = batch;
    let shownBudget = isOwn ? DEFAULT_BUDGET : isAttached;
    if (known(group) && !(isAttached && sameBudget(isAttached, budget) && hasTruth(batch, group))) {
      const truths = new Map(batch.groups.flatMap((_, g) => (known(g) ? [[g, known(g) as GroupTruth] as const] : [])));
      next = withTruths(batch, truths);
      attached.set(next, budget);
      shownBudget = budget;
    } else if (batch.fields.trueAdvantages && !hasTruth(batch, group)) {
      next = withoutTruth(batch);
      shownBudget = undefined;
    }
    const spread = answers.get(spreadKey(state, name, group)) as Float64Array | undefined;
    let { derived } = state;
    if (next !== batch) derived = deriveCredit({ ...state, batch: next }, state.viewMethod);
    if (wantsSpread(state) && spread && derived?.credit && !derived.credit.trace.creditSd) {
      const values = new Float64Array(next.tokens.length).fill(NaN);
      values.set(spread, groupTokens(next, group)[0]);
      derived = { ...derived, credit: { ...derived.credit, trace: { ...derived.credit.trace, creditSd: perToken(values) } } };
    }
    isPutting = true;
    if (next !== batch || derived !== state.derived) lab.store.setState({ batch: next, derived });
    isPutting = false;
    const kind = next.groups[group]?.truthKind;
    const place = placeOf(get(), name);
    const found = place ? (answers.get(`actions ${place}|${budget.epsilon}|${budget.continuations}`) as TruthState['actions']) : null;
    store.setState({
      shown: hasTruth(next, group) && shownBudget && kind ? { kind, budget: shownBudget } : null,
      ...(found ? { actions: found } : place ? {} : { actions: null, whatIf: null }),
    });
  }

  function release(): void {
    const ready = held;
    held = null;
    store.setState({ waiting: null });
    if (ready) lab.showHeld(ready.batch, ready.change);
  }

  /** Asks the next question, if none is being answered. */
  function pump(): void {
    if (job || store.getState().isStopped) return;
    const state = get();
    const batch = held?.batch ?? state.batch;
    if (!batch) return;
    const [question] = questionsOf(state, batch, state.group, held?.change.step ?? state.step);
    if (question) void run(question, batch);
    else if (held) release();
  }

  async function run(question: Question, batch: RolloutBatch): Promise<void> {
    let isGivenUp = false;
    let asked: OracleJob<unknown> | null = null;
    const own = {
      key: question.key,
      cancel() {
        isGivenUp = true;
        asked?.cancel();
        if (job === own) job = null;
        store.setState({ working: null });
      },
    };
    job = own;
    const working: Working = { what: question.what, step: question.step, progress: null, since: performance.now() };
    store.setState({ working, problem: null });
    try {
      const client = await lab.openEngine();
      if (!client || isGivenUp) throw new Error('The model could not be started.');
      await give(client, question.name, batch);
      if (isGivenUp) return;
      asked = question.ask(client, (progress) => {
        if (job === own) store.setState({ working: { ...working, progress } });
      });
      const answer = await asked.done;
      if (isGivenUp) return;
      question.keep(answer);
    } catch (error) {
      if (isGivenUp) return;
      failed.add(question.key);
      store.setState({ problem: (error as Error).message });
    }
    job = null;
    store.setState({ working: null });
    put();
    pump();
  }

  const gate: Gate = (batch, change) => {
    const state = get();
    if (store.getState().isStopped || !(wantsTruth(state) || wantsSpread(state))) return false;
    const group = Math.min(state.group, batch.groups.length - 1);
    held = { batch, change };
    if (questionsOf(state, batch, group, change.step).length === 0) {
      held = null;
      return false;
    }
    store.setState({ waiting: change.step });
    pump();
    return true;
  };

  function follow(state: LabState, before: LabState): void {
    if (isPutting) return;
    if (state.sampled !== before.sampled && state.source !== 'live') {
      held = null;
      job?.cancel();
      store.setState({ waiting: null });
    }
    const relevant: (keyof LabState)[] = ['batch', 'derived', 'group', 'viewMethod', 'lanes', 'overrides', 'methods', 'landedPin', 'mix'];
    if (relevant.every((key) => state[key] === before[key])) return;
    if (state.group !== before.group || state.viewMethod !== before.viewMethod || state.lanes !== before.lanes) {
      store.setState({ isStopped: false, problem: null });
    }
    if (state.landedPin !== before.landedPin && !samePin(state.landedPin, before.landedPin))
      store.setState({ actions: null, whatIf: null });
    put();
    // What is being answered and no longer wanted gives its place to what is.
    if (job && state.run.status !== 'running' && !job.key.startsWith('whatIf')) {
      const wanted = [held?.batch, get().batch].flatMap((batch) => (batch ? questionsOf(get(), batch, get().group, 0) : []));
      if (!wanted.some(({ key }) => key === job?.key)) job.cancel();
    }
    pump();
  }

  lab.setGate(gate);
  lab.store.subscribe(follow);
  put();
  pump();

  return {
    store,
    /** Gives up what is being worked out; what waits for it is shown without. */
    cancel() {
      store.setState({ isStopped: true });
      job?.cancel();
      release();
    },
    /** Asks again after `cancel` or a failure. */
    resume() {
      failed.clear();
      store.setState({ isStopped: false, problem: null });
      pump();
    },
    /** The inspector asks for Q(s, ·) of whatever is pinned, or no longer. */
    inspect(isWanted: boolean) {
      isInspected = isWanted;
      put();
      pump();
    },
    /** K answers that go on from the pinned state with another token. */
    whatIf(token: number) {
      const state = get();
      const { batch, sampled, landedPin: pin } = state;
      if (!batch || !sampled || !pin) return;
      const name = nameOf(state, sampled);
      const place = placeOf(state, name) ?? '';
      const { continuations } = oracleSettings(state.overrides).budget;
      const where = { batch: name, group: pin.group, prefix: [...prefixOf(batch, pin), token] };
      job?.cancel();
      store.setState({ whatIf: null, isStopped: false });
      void run(
        {
          key: `whatIf ${place}|${token}|${continuations}`,
          what: 'whatIf',
          step: state.step,
          name,
          ask: (client, onProgress) => client.whatIf(where, continuations, onProgress),
          keep: (outcome) => store.setState({ whatIf: { place, token, step: state.step, outcome: outcome as WhatIf } }),
        },
        batch,
      );
    },
    /** Name of the pinned state, to tell whether an answer is of it. */
    place(): string | null {
      const state = get();
      return state.sampled ? placeOf(state, nameOf(state, state.sampled)) : null;
    },
  };
}
