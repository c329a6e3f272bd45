/**
 * Each method's loss as a function of log π alone, written a second time from its equations, with what the method does not
 * differentiate held at its traced values. Finite differences of it test the derivative that training uses.
 */
import type { RolloutBatch } from '../../src/core/batch.ts';
import { CLIP_STATE } from '../../src/core/pipeline.types.ts';
import { LIKELIHOOD_KINDS } from '../../src/core/stages/likelihood.ts';
import { KL_TYPES } from '../../src/core/stages/lossKnobs.ts';
import { RATIO_LEVEL } from '../../src/core/stages/sequenceSurrogate.ts';
import type { KnobValues, Trace } from '../../src/core/stages/types.ts';

/** The loss at other log-probs [N] (and of forced tokens [F]), and which branch every token is in: a loss has no derivative where one changes. */
export type HeldLoss = (logprobs: Float64Array, forced?: Float64Array) => { loss: number; branches: Int8Array };

/** An update that was computed: its minibatch, knobs and trace. */
export interface Computed {
  batch: RolloutBatch;
  knobs: KnobValues;
  trace: Trace;
}

/** One token: M and its branch at these log-probs. `held` reads a trace at the token. */
interface At {
  t: number;
  logprobs: Float64Array;
  old: Float64Array;
  knobs: KnobValues;
  response: { start: number; end: number };
  held(name: string): number;
}
interface Form {
  /** Traces that the gradient takes as constants, beside the aggregation weights. */
  holds: readonly string[];
  token(at: At): { value: number; branch: number };
}

const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const positions = ({ start, end }: At['response']) => Array.from({ length: end - start }, (_, k) => start + k);

/** ρ of the token or of its response, and whether a clamp holds it. */
function ratioAt({ t, logprobs, old, knobs, response }: At): { ratio: number; isClamped: boolean } {
  const x = (k: number) => logprobs[k] - old[k];
  if ((knobs.ratioLevel ?? RATIO_LEVEL.token) === RATIO_LEVEL.token) {
    const bound = knobs.logRatioClamp;
    return { ratio: Math.exp(clamp(x(t), -bound, bound)), isClamped: Math.abs(x(t)) > bound };
  }
  const own = positions(response).map(x);
  const whole = knobs.ratioLevel === RATIO_LEVEL.mean ? mean(own) : mean(own) * own.length;
  return { ratio: Math.exp(Math.min(whole, knobs.seqLogRatioMax)), isClamped: whole > knobs.seqLogRatioMax };
}

const BRANCH = { free: 0, clipped: 1, dual: 2, capped: 3, outside: 4, inside: 5 } as const;

const surrogate: Form = {
  holds: ['lossAdvantages', 'lowerBound', 'upperBound'],
  token: (at) => {
    const advantage = at.held('lossAdvantages');
    const { ratio, isClamped } = ratioAt(at);
    const free = -advantage * Math.min(ratio, at.knobs.delta);
    const clipped = -advantage * clamp(ratio, at.held('lowerBound'), at.held('upperBound'));
    const value = Math.max(free, clipped);
    const most = advantage < 0 ? -advantage * at.knobs.clipC : Infinity;
    if (value > most) return { value: most, branch: BRANCH.dual };
    if (clipped > free) return { value, branch: clipped === -advantage * ratio ? BRANCH.inside : BRANCH.clipped };
    return { value, branch: isClamped || ratio > at.knobs.delta ? BRANCH.capped : BRANCH.free };
  },
};

/** M = −W A log π with a constant weight W. */
const weighted = (weight: string | null): Form => ({
  holds: weight ? ['lossAdvantages', weight] : ['lossAdvantages'],
  token: ({ t, logprobs, held }) => ({ value: -(weight ? held(weight) : 1) * held('lossAdvantages') * logprobs[t], branch: BRANCH.free }),
});

const softGate: Form = {
  holds: ['lossAdvantages'],
  token: (at) => {
    const advantage = at.held('lossAdvantages');
    const { ratio, isClamped } = ratioAt(at);
    const tau = advantage > 0 ? at.knobs.tauPos : at.knobs.tauNeg;
    const value = (-advantage * (4 / tau)) / (1 + Math.exp(-tau * (ratio - 1)));
    return { value, branch: isClamped ? BRANCH.capped : BRANCH.free };
  },
};

const geometricMean: Form = {
  holds: ['lossAdvantages'],
  token: ({ t, logprobs, old, knobs, response, held }) => {
    const sign = Math.sign(held('lossAdvantages'));
    const x = (k: number) => logprobs[k] - old[k];
    const z = (k: number) => sign * Math.min(sign * x(k), sign * clamp(x(k), -knobs.clipLowLog, knobs.clipHighLog));
    const total = positions(response).reduce((sum, k) => sum + z(k), 0);
    return {
      value: -held('lossAdvantages') * Math.exp(total / (response.end - response.start + 1e-8)),
      branch: z(t) === x(t) ? BRANCH.free : BRANCH.clipped,
    };
  },
};

/** −Aρ without a clip; the tokens that were selected pay for the distance from the policy that drew them. */
const distancePenalty: Form = {
  holds: ['lossAdvantages', 'selected'],
  token: ({ t, logprobs, old, knobs, held }) => {
    const x = logprobs[t] - old[t];
    const value = -held('lossAdvantages') * Math.exp(x) + held('selected') * knobs.ppoKlCoef * Math.abs(x);
    return { value, branch: x > 0 ? BRANCH.free : BRANCH.outside };
  },
};

/** Losses that are not the clipped surrogate, by method. */
const FORMS: Readonly<Record<string, Form>> = {
  reinforce: weighted(null),
  cispo: weighted('clippedRatio'),
  sapo: softGate,
  gmpo: geometricMean,
  'kl-cov': distancePenalty,
  'likelihood-rewards': weighted(null),
  verifree: weighted(null),
};

/** What a loss adds for forced texts, as a function of their log-probs l. */
type ForcedForm = (computed: Computed, texts: NonNullable<RolloutBatch['forced']>['texts'], l: Float64Array) => number;
const sumOver = (l: Float64Array, { start, end }: { start: number; end: number }) => l.slice(start, end).reduce((a, b) => a + b, 0);
const answersOf = (texts: Parameters<ForcedForm>[1]) => texts.filter(({ kind }) => kind === 'answer');

/** −mean R(θ), R by the kind; of the last, −mean over groups of the log of the mean probability. */
const likelihoodTerm: ForcedForm = ({ batch, knobs }, texts, l) => {
  const answers = answersOf(texts);
  const kind = LIKELIHOOD_KINDS[knobs.likelihoodKind];
  const own = answers.map((text) => {
    const n = text.end - text.start;
    const s = sumOver(l, text);
    if (kind === 'prob') return Math.exp(s);
    if (kind === 'avgProb') return l.slice(text.start, text.end).reduce((a, b) => a + Math.exp(b), 0) / n;
    return kind === 'logprob' ? s : kind === 'avgLogprob' ? s / n : 0;
  });
  const whole = batch.groups.map(({ start, end }) => Math.log(mean(answers.slice(start, end).map((text) => Math.exp(sumOver(l, text))))));
  return -knobs.answerCoef * (kind === 'jepo' ? mean(whole) : mean(own));
};

/** −mean coef s with the coefficient held. */
const weightedTerm: ForcedForm = ({ knobs, trace }, texts, l) =>
  -knobs.answerCoef * mean(answersOf(texts).map((text, i) => trace.answerCoefs.values[i] * sumOver(l, text)));

/** λ times the mean over corpus texts of −Σ l, but for the tokens that were thought about. */
const corpusTerm: ForcedForm = ({ knobs }, texts, l) => {
  const corpora = texts.filter(({ kind }) => kind === 'corpus');
  const left = corpora.map(({ start, end, chosen = [] }) => -sumOver(l, { start, end }) + chosen.reduce((sum, k) => sum + l[start + k], 0));
  return knobs.ntpWeight * mean(left);
};

const FORCED_FORMS: Readonly<Record<string, ForcedForm>> = {
  'likelihood-rewards': likelihoodTerm,
  verifree: weightedTerm,
  rmt: corpusTerm,
};

/** The estimators of the KL without their clamps; with + the value is held and the slope is that of k2. */
function klAt(type: (typeof KL_TYPES)[number], x: number, before: number, knobs: KnobValues): { value: number; branch: number } {
  const k3 = (y: number) => {
    const inner = clamp(-y, -knobs.k3LogClamp, knobs.k3LogClamp);
    const value = Math.exp(inner) - 1 - inner;
    const isOutside = Math.abs(y) > knobs.k3LogClamp || Math.abs(value) > knobs.k3ValueClamp;
    return { value: clamp(value, -knobs.k3ValueClamp, knobs.k3ValueClamp), branch: isOutside ? BRANCH.outside : BRANCH.free };
  };
  const plain = (name: string, y: number) => {
    if (name === 'k1') return { value: y, branch: BRANCH.free };
    if (name === 'abs') return { value: Math.abs(y), branch: y > 0 ? BRANCH.free : BRANCH.clipped };
    if (name === 'k2') return { value: (y * y) / 2, branch: BRANCH.free };
    return k3(y);
  };
  if (!type.endsWith('+')) return plain(type, x);
  return { value: plain(type.slice(0, -1), before).value + (x * x - before * before) / 2, branch: BRANCH.free };
}

/** The loss of this method around a computed update. */
export function holdLoss(id: string, { batch, knobs, trace }: Computed): HeldLoss {
  const form = FORMS[id] ?? surrogate;
  const { oldLogprobs, refLogprobs, logprobs: before } = batch.fields;
  const now = before ?? trace.logprobs.values;
  const old = oldLogprobs ?? now;
  const n = batch.tokens.length;
  const responseOf = batch.responses.flatMap((response) => positions(response).map(() => response));
  const constants = Object.fromEntries(
    form.holds.map((name) => {
      const { level, values } = trace[name];
      const index = (t: number) => (level === 'token' ? t : level === 'response' ? batch.responses.indexOf(responseOf[t]) : 0);
      return [name, Float64Array.from({ length: n }, (_, t) => values[index(t)])];
    }),
  );
  const isPenalised = trace.hasPenalty?.values[0] === 1;
  const forcedForm = id in FORCED_FORMS ? FORCED_FORMS[id] : null;
  const forcedNow = batch.forced?.fields.logprobs ?? batch.forced?.fields.oldLogprobs;
  return (logprobs, forced = forcedNow) => {
    let loss = forcedForm && forced ? forcedForm({ batch, knobs, trace }, batch.forced?.texts ?? [], forced) : 0;
    const branches = new Int8Array(2 * n);
    for (let t = 0; t < n; t++) {
      const held = (name: string) => constants[name][t];
      // Which tokens a method leaves out of its loss is held too.
      if (trace.clipState?.values[t] !== CLIP_STATE.masked) {
        const { value, branch } = form.token({ t, logprobs, old, knobs, response: responseOf[t], held });
        loss += trace.weight.values[t] * value;
        branches[t] = branch;
      }
      if (!isPenalised) continue;
      const ref = refLogprobs?.[t] ?? Number.NaN;
      const kl = klAt(KL_TYPES[knobs.klType], logprobs[t] - ref, now[t] - ref, knobs);
      loss += trace.klWeight.values[t] * knobs.klCoef * kl.value;
      branches[n + t] = kl.branch;
    }
    return { loss, branches };
  };
}

export const sameBranches = (a: Int8Array, b: Int8Array) => a.every((branch, t) => branch === b[t]);
