import type { RolloutBatch } from '../batch.ts';
import type { FigureInput, TokenFigure } from '../figures.ts';
import { digits } from '../figures.ts';
import { softmax } from '../math.ts';
import { bestOf, optimumAt } from '../oracle/tilt.ts';
import { mean, sampleStd } from '../stats.ts';
import { CANDIDATE_VALUES, drawKls } from './valueSampling.ts';
import { augmentLogits } from './valueAugmentation.ts';

/** Best-of-N is shown for these N. */
const DRAWS = [2, 4, 8, 16];

/** The candidates' probabilities before and after their values moved them. */
function candidateBars({ batch, knobs, token }: FigureInput): TokenFigure | null {
  const values = batch.measured?.[CANDIDATE_VALUES];
  if (!batch.logits || !values) return null;
  const V = batch.logits.width;
  const T = batch.baseTemperature;
  const raw = Float64Array.from(batch.logits.data.subarray(token * V, (token + 1) * V));
  const own = values.values.subarray(token * V, (token + 1) * V);
  const shaped = new Float64Array(V);
  const top = augmentLogits(raw, own, knobs.valueBeta, knobs.candidates, shaped);
  const [before, after] = [raw, shaped].map((logits) => softmax(logits, new Float64Array(V), 0, V, T));
  return {
    kind: 'bars',
    title: 'Candidates, moved by their value',
    caption: `Grey: the frozen policy; coloured: with the values. V after each of the ${top.length} likeliest tokens; logit′ = logit + β (V − their mean), β = ${digits(knobs.valueBeta)}.`,
    noteTitles: ['V', 'logit → logit′'],
    entries: top
      .filter((v) => before[v] >= 0.0005 || after[v] >= 0.0005 || v === batch.tokens[token])
      .map((v) => ({ token: v, before: before[v], after: after[v], notes: [digits(own[v]), `${digits(raw[v])} → ${digits(shaped[v])}`] })),
    drawn: batch.tokens[token],
  };
}

/** Mean KL of a response's draws from the frozen policy, Σ over its tokens, over a group's samples. */
function groupKl(batch: RolloutBatch, start: number, end: number, knobs: FigureInput['knobs']): number {
  const kls = drawKls(batch, knobs.valueBeta, knobs.candidates);
  return mean(batch.responses.slice(start, end).map((response) => kls.subarray(response.start, response.end).reduce((a, b) => a + b, 0)));
}

/** This prompt's samples beside best-of-N and the exact optimum at the same KL, where the frozen policy's true value is known. */
function besideOptimum({ batch, response }: FigureInput): TokenFigure | null {
  const { start, end, trueValue, truthKind } = batch.groups[batch.responses[response].group];
  const drawnWith = batch.trainedWith?.knobs;
  if (trueValue === undefined || truthKind !== 'exact' || drawnWith?.valueBeta === undefined || !batch.measured?.[CANDIDATE_VALUES])
    return null;
  const rewards = batch.responses.slice(start, end).map(({ reward }) => reward);
  const outcomes = [
    { probability: trueValue, reward: 1 },
    { probability: 1 - trueValue, reward: 0 },
  ];
  const kl = groupKl(batch, start, end, drawnWith);
  const error = rewards.length > 1 ? sampleStd(rewards) / Math.sqrt(rewards.length) : NaN;
  return {
    kind: 'table',
    title: 'Beside best-of-N and the optimum',
    caption:
      'For this prompt. The optimum is the policy of the most reward at the KL that these samples spent; the values of the frozen policy are one step towards it, not it.',
    head: ['decoding', 'expected reward', 'KL, nats'],
    rows: [
      { cells: ['frozen policy, exact', digits(trueValue, 3), '0'] },
      {
        cells: [`value-augmented, β = ${digits(drawnWith.valueBeta)}`, `${digits(mean(rewards), 3)} ± ${digits(error)}`, digits(kl, 3)],
        isMarked: true,
      },
      { cells: ['optimum at that KL, exact', digits(optimumAt(outcomes, kl).reward, 3), digits(kl, 3)] },
      ...DRAWS.map((n) => {
        const best = bestOf(outcomes, n);
        return { cells: [`best of ${n}`, digits(best.reward, 3), `≤ ${digits(best.kl, 3)}`] };
      }),
    ],
  };
}

export const valueFigures = (input: FigureInput): readonly TokenFigure[] =>
  [candidateBars(input), besideOptimum(input)].filter((figure) => figure !== null);
