/**
 * A recorded group small enough to credit by hand, and the numbers worked out by hand from it.
 *
 * Prompt 1+9+8+3=; the running sums are 0, 8, 1. Four samples, 20 tokens:
 *
 *   response 1  S 0 > 8 > 1 .   right
 *   response 2  S 0 > 8 > 9 .   wrong
 *   response 3  D 1 .           right
 *   response 4  D 7 .           wrong
 *
 * Where two tokens were drawn at the same place (S or D, 1 or 9, 1 or 7) each had probability 1/3: their logits are ln 14,
 * the other 14 tokens' are 0, and 14 / (14 + 14 + 14) = 1/3. Elsewhere the drawn token had 1/2: logit ln 15, the others 0.
 * One inner update is recorded; the ratios then were 1.1 for S, 0.9 for D, 1.5 for response 1's last digit, 0.5 for
 * response 2's, 1.3 for response 4's, 1 for the rest.
 *
 * Rewards 1, 0, 1, 0: mean 0.5, sample standard deviation √(4 · 0.25 / 3) = 0.5773502692, so a response-level advantage is
 * ±0.5 / (0.5773502692 + 0.000001) = ±0.8660239.
 */
import type { RolloutBatch, RolloutResponse } from '../../src/core/batch.ts';

const GLYPHS = '0123456789+=SD>.';
const V = GLYPHS.length;
const ids = (text: string): number[] => [...text].map((glyph) => GLYPHS.indexOf(glyph));

const LN2 = Math.LN2;
const LN3 = 1.0986122886681098;
const LN14 = 2.6390573296152584;
const LN15 = 2.70805020110221;
const LN28 = 3.332204510175204;
/** ln of the recorded ratios. */
const LN = { 0.5: -LN2, 0.9: -0.10536051565782628, 1: 0, 1.1: 0.09531017980432493, 1.3: 0.26236426446749106, 1.5: 0.4054651081081644 };

interface Sample {
  text: string;
  reward: 0 | 1;
  /** Positions where two tokens were drawn, and both tokens. */
  forks: Readonly<Record<number, string>>;
  ratios: Readonly<Record<number, keyof typeof LN>>;
}

const SAMPLES: readonly Sample[] = [
  { text: 'S0>8>1.', reward: 1, forks: { 0: 'SD', 5: '19' }, ratios: { 0: 1.1, 5: 1.5 } },
  { text: 'S0>8>9.', reward: 0, forks: { 0: 'SD', 5: '19' }, ratios: { 0: 1.1, 5: 0.5 } },
  { text: 'D1.', reward: 1, forks: { 0: 'SD', 1: '17' }, ratios: { 0: 0.9 } },
  { text: 'D7.', reward: 0, forks: { 0: 'SD', 1: '17' }, ratios: { 0: 0.9, 1: 1.3 } },
];

const WRONG_STEP: Readonly<Record<number, [start: number, label: string]>> = { 1: [5, '8+3=9'], 3: [1, '1+9+8+3=7'] };

/** The group as a batch of its own. */
export function smallGroup(): RolloutBatch {
  const tokens: number[] = [];
  const old: number[] = [];
  const ratios: number[] = [];
  const entropies: number[] = [];
  const logits: number[] = [];
  const after: number[] = [];
  const responses: RolloutResponse[] = [];
  SAMPLES.forEach((sample, index) => {
    const start = tokens.length;
    ids(sample.text).forEach((token, position) => {
      const fork = sample.forks[position];
      const row = new Array<number>(V).fill(0);
      for (const likely of fork ? ids(fork) : [token]) row[likely] = fork ? LN14 : LN15;
      const next = [...row];
      // The update moves the first token alone: S from 1/3 to 28 / (28 + 14 + 14) = 1/2, D from 1/3 to 1/4.
      if (position === 0) next[GLYPHS.indexOf('S')] = LN28;
      tokens.push(token);
      old.push(fork ? -LN3 : -LN2);
      ratios.push(LN[sample.ratios[position] ?? 1]);
      // 2/3 ln 3 + 1/3 ln 42, and 1/2 ln 2 + 1/2 ln 30.
      entropies.push(fork ? 1.978298 : 2.0471723);
      logits.push(...row);
      after.push(...next);
    });
    const wrong = WRONG_STEP[index];
    responses.push({
      group: 0,
      start,
      end: tokens.length,
      reward: sample.reward,
      spans: wrong ? [{ kind: 'step', start: wrong[0], end: wrong[0] + 1, label: wrong[1], correct: false }] : [],
    });
  });
  const current = old.map((value, i) => value + ratios[i]);
  const count = tokens.length;
  return {
    groups: [{ prompt: ids('1+9+8+3='), start: 0, end: responses.length, greedyReward: 1 }],
    responses,
    tokens: Int32Array.from(tokens),
    fields: {
      samplingLogprobs: Float64Array.from(old),
      temperature: new Float64Array(count).fill(1),
      oldLogprobs: Float64Array.from(old),
      logprobs: Float64Array.from(current),
      refLogprobs: Float64Array.from(old),
      oldEntropies: Float64Array.from(entropies),
      entropies: Float64Array.from(entropies),
    },
    logits: { width: V, data: Float32Array.from(logits) },
    logitsAfter: { width: V, data: Float32Array.from(after) },
    updates: [
      {
        epoch: 0,
        minibatch: 0,
        groups: [0],
        logprobs: Float64Array.from(current),
        entropies: Float64Array.from(entropies),
        gradLogprobs: new Float64Array(count),
        loss: 0,
        gradientNorm: 0,
      },
    ],
    baseTemperature: 1,
  };
}
