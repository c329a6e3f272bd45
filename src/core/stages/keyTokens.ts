import type { RolloutBatch } from '../batch.ts';
import { asin, exp, log, sigmoid } from '../math.ts';
import { perGroup, perToken, spreadResponses } from '../trace.ts';
import { groupScores } from './groupNormalisation.ts';
import type { AdvantageStage, Knob, KnobValues } from './types.ts';

const CODE = 'KTAE@ea9fb77 core_algos.py:155';

const knob = (id: string, label: string, symbol: string, max: number, meaning: string, rest: Partial<Knob> = {}): Knob => ({
  id,
  label,
  symbol,
  stage: 'advantage',
  default: 1,
  min: 0,
  max,
  step: 0.1,
  scale: 'lin',
  unit: '',
  meaning,
  paper: { value: 1, source: CODE },
  applies: 'credit',
  ...rest,
});

export const KEY_TOKEN_KNOBS: readonly Knob[] = [
  knob(
    'keyTop',
    'Size of the key-token value',
    's',
    4,
    'Largest value that a token can gain or lose; larger gives key tokens more weight beside GRPO’s advantage.',
  ),
  knob(
    'keyAlpha',
    'Weight of Fisher’s test',
    '\\alpha',
    4,
    'Weight of the exact test against that of the information gain; both together only share out.',
  ),
  knob(
    'keyBeta',
    'Weight of the information gain',
    '\\beta',
    4,
    'Weight of the information gain against that of the exact test; both together only share out.',
  ),
  knob(
    'keyFrequency',
    'Count how often it occurs',
    '\\gamma',
    1,
    'Adds to the direction how much of the right and of the wrong text the token makes up.',
    {
      step: 1,
      options: ['no', 'yes'],
    },
  ),
];

/** Tables as likely as the observed one count with it; float rounding must not part them. */
const TIE = 1e-6;
/** BM25-like saturation of a frequency: k₁ and b of the code. */
const BM25_K1 = 2;
const BM25_B = 0.5;
const RATIO_FLOOR = 1e-5;
const LN_2 = log(2);

/** How a token's value came about: values of the trace `keyRule`. */
export const KEY_RULE = { none: 0, sharesOnly: 1, withFrequency: 2 } as const;

/** log n! for n = 0 … size. */
function logFactorials(size: number): Float64Array {
  const out = new Float64Array(size + 1);
  for (let n = 2; n <= size; n++) out[n] = out[n - 1] + log(n);
  return out;
}

/** How many right (a) and wrong (b) samples hold the token, and how many do not (c, d). */
export interface TokenTable {
  a: number;
  b: number;
  c: number;
  d: number;
}

/**
 * Two-sided p of Fisher's exact test: the probability, margins fixed, of tables at most as likely as this one; ties count
 * within a relative 1e-6. Exactly 1 where no table is less likely.
 */
export function fisherP({ a, b, c, d }: TokenTable): number {
  const [held, right, n] = [a + b, a + c, a + b + c + d];
  const f = logFactorials(n);
  const choose = (m: number, k: number) => f[m] - f[k] - f[m - k];
  const probability = (k: number) => exp(choose(right, k) + choose(n - right, held - k) - choose(n, held));
  const observed = probability(a);
  let p = 0;
  let isLeftOut = false;
  for (let k = Math.max(0, held + right - n); k <= Math.min(held, right); k++) {
    const own = probability(k);
    if (own <= observed * (1 + TIE)) p += own;
    else isLeftOut = true;
  }
  return isLeftOut ? p : 1;
}

/** Entropy in bits of a share x/(x + y). */
function entropyBits(x: number, y: number): number {
  const part = (share: number) => (share > 0 ? (-share * log(share)) / LN_2 : 0);
  return x + y === 0 ? 0 : part(x / (x + y)) + part(y / (x + y));
}

/** Bits that the token's presence tells about right or wrong. */
export function informationGain({ a, b, c, d }: TokenTable): number {
  const n = a + b + c + d;
  return entropyBits(a + c, b + d) - ((a + b) / n) * entropyBits(a, b) - ((c + d) / n) * entropyBits(c, d);
}

/** One side of a group, right or wrong: how often each id occurs in its text, and in how many of its samples. */
interface Side {
  samples: number;
  tokens: number;
  occurrences: Map<number, number>;
  holders: Map<number, number>;
}

function sideOf(batch: RolloutBatch, members: readonly number[]): Side {
  const side: Side = { samples: members.length, tokens: 0, occurrences: new Map(), holders: new Map() };
  const add = (map: Map<number, number>, id: number) => map.set(id, (map.get(id) ?? 0) + 1);
  for (const i of members) {
    const own = batch.tokens.subarray(batch.responses[i].start, batch.responses[i].end);
    side.tokens += own.length;
    for (const id of own) add(side.occurrences, id);
    for (const id of new Set(own)) add(side.holders, id);
  }
  return side;
}

/** Saturated frequency of an id in a side's text, t = f (k₁ + 1)/(f + k₁ (1 − b + b·length/average)). */
function saturatedFrequency(side: Side, id: number, averageTokens: number): number {
  const frequency = (side.occurrences.get(id) ?? 0) / side.tokens;
  return (frequency * (BM25_K1 + 1)) / (frequency + BM25_K1 * (1 - BM25_B + BM25_B * (side.tokens / averageTokens)));
}

/** What the two sides of a group say about one token id. */
export function keyToken(right: Side, wrong: Side, id: number, knobs: KnobValues) {
  const [a, b] = [right.holders.get(id) ?? 0, wrong.holders.get(id) ?? 0];
  const table = { a, b, c: right.samples - a, d: wrong.samples - b };
  const p = fisherP(table);
  const fisher = p === 1 ? 0 : exp(-2 * p);
  const gain = informationGain(table);
  const averageTokens = (right.tokens + wrong.tokens) / 2;
  const [t1, t2] = [right, wrong].map((side) => saturatedFrequency(side, id, averageTokens));
  const shares = asin(Math.sqrt(a / right.samples)) - asin(Math.sqrt(b / wrong.samples));
  const direction = shares + (knobs.keyFrequency === 1 ? t1 / (t2 + RATIO_FLOOR) - t2 / (t1 + RATIO_FLOOR) : 0);
  const weight = knobs.keyAlpha + knobs.keyBeta;
  const strength = weight === 0 ? 0 : (knobs.keyAlpha * fisher + knobs.keyBeta * gain) / weight;
  const value = knobs.keyTop * 2 * (sigmoid(strength * direction) - 0.5);
  return { a, b, p, fisher, gain, t1, t2, direction, value };
}

/**
 * KTAE: A = GRPO's advantage + the value of the token's id. The value says how strongly the id goes with right or wrong
 * samples of the group: (α F + β IG)/(α + β) times a direction, through a sigmoid into (−s, s). Right is a reward above 0; a
 * group with one side only, and the end token, get 0 [xiaolizh1/KTAE@ea9fb77 core_algos.py:155-239, compute_key_tokens.py].
 */
export const keyTokens: AdvantageStage = ({ batch, knobs, rewards }) => {
  const n = batch.tokens.length;
  const scores = groupScores(batch, rewards.total, knobs);
  const grpo = spreadResponses(batch, scores.score);
  const [rightSamples, wrongSamples] = Array.from({ length: 2 }, () => new Float64Array(batch.groups.length));
  const fields = Array.from({ length: 10 }, () => new Float64Array(n));
  const [rule, heldRight, heldWrong, fisherPs, fishers, gains, t1s, t2s, directions, values] = fields;
  batch.groups.forEach(({ start, end }, g) => {
    const members = Array.from({ length: end - start }, (_, k) => start + k);
    const right = sideOf(
      batch,
      members.filter((i) => rewards.total[i] > 0),
    );
    const wrong = sideOf(
      batch,
      members.filter((i) => !(rewards.total[i] > 0)),
    );
    rightSamples[g] = right.samples;
    wrongSamples[g] = wrong.samples;
    if (right.samples === 0 || wrong.samples === 0) return;
    const found = new Map<number, ReturnType<typeof keyToken>>();
    for (let t = batch.responses[start].start; t < batch.responses[end - 1].end; t++) {
      const id = batch.tokens[t];
      if (id === batch.endToken) continue;
      const key = found.get(id) ?? keyToken(right, wrong, id, knobs);
      found.set(id, key);
      rule[t] = knobs.keyFrequency === 1 ? KEY_RULE.withFrequency : KEY_RULE.sharesOnly;
      heldRight[t] = key.a;
      heldWrong[t] = key.b;
      fisherPs[t] = key.p;
      fishers[t] = key.fisher;
      gains[t] = key.gain;
      t1s[t] = key.t1;
      t2s[t] = key.t2;
      directions[t] = key.direction;
      values[t] = key.value;
    }
  });
  const advantages = grpo.map((a, t) => a + values[t]);
  return {
    advantages,
    trace: {
      groupMean: perGroup(scores.mean),
      groupStd: perGroup(scores.std),
      grpoAdvantages: perToken(grpo),
      rightSamples: perGroup(rightSamples),
      wrongSamples: perGroup(wrongSamples),
      keyRule: perToken(rule),
      heldRight: perToken(heldRight),
      heldWrong: perToken(heldWrong),
      fisherP: perToken(fisherPs),
      fisherScore: perToken(fishers),
      informationGain: perToken(gains),
      rightFrequency: perToken(t1s),
      wrongFrequency: perToken(t2s),
      keyDirection: perToken(directions),
      keyTokenValue: perToken(values),
      advantages: perToken(advantages),
    },
  };
};
