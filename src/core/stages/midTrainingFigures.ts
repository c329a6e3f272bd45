import type { ForcedText, RolloutBatch } from '../batch.ts';
import type { FigureInput, StripRow, TokenFigure } from '../figures.ts';
import { digits } from '../figures.ts';
import { log } from '../math.ts';
import { budgetAt, TIERS } from './midTraining.ts';

const HARD = TIERS.indexOf('hard');
/** By the mask of the next-token loss. */
const LEARNT_BY = ['rollouts', 'next-token loss'] as const;

const corpusOf = ({ forced }: RolloutBatch): ForcedText[] => forced?.texts.filter(({ kind }) => kind === 'corpus') ?? [];

/** Whether a token of a text repeats the prompt of its group, which the text begins with. */
function standsInPrompt(batch: RolloutBatch, { group, start, context = [] }: ForcedText, f: number): boolean {
  return batch.groups[group].prompt[context.length + f - start] === batch.forced?.tokens[f];
}

/** What entropy alone would pick: how many of the hardest tokens of all texts are the prompts' own. */
function noiseSentence(batch: RolloutBatch, tiers: Float64Array): string {
  const hard = corpusOf(batch).flatMap((text) =>
    Array.from({ length: text.end - text.start }, (_, k) => text.start + k)
      .filter((f) => tiers[f] === HARD)
      .map((f) => standsInPrompt(batch, text, f)),
  );
  const noise = hard.filter(Boolean).length;
  if (hard.length === 0) return 'No token of this step’s texts is hard.';
  if (noise === 0) return `Of the ${hard.length} hard tokens in this step’s texts none stands in a prompt.`;
  return `Entropy picks noise too: of the ${hard.length} hard tokens in this step’s texts ${noise} stand in the prompts, which are drawn at random, so that no thought can predict them.`;
}

/** The text of the pinned token's prompt: how sure and how wrong its prediction is, its tier, and who learns each of its tokens. */
function corpusStrip({ batch, knobs, trace, vocabulary, response }: FigureInput): TokenFigure | null {
  const text = corpusOf(batch).find(({ group }) => group === batch.responses[response].group);
  const { corpusEntropies, tiers, ntpMask } = trace;
  const logprobs = batch.forced?.fields.oldLogprobs;
  if (!text || !batch.forced || !logprobs || !corpusEntropies || !tiers || !ntpMask) return null;
  const { start, end } = text;
  const most = log(vocabulary);
  const own = (values: ArrayLike<number>) => Array.from({ length: end - start }, (_, k) => values[start + k]);
  const rows: readonly StripRow[] = [
    { kind: 'amount', title: 'entropy', values: own(corpusEntropies.values), unit: 'nats', most },
    { kind: 'amount', title: 'surprise', values: own(logprobs).map((value) => 0 - value), unit: 'nats', most },
    { kind: 'category', title: 'tier', values: own(tiers.values), categories: TIERS },
    { kind: 'category', title: 'learnt by', values: own(ntpMask.values), categories: LEARNT_BY },
  ];
  return {
    kind: 'strip',
    title: 'The corpus text of this prompt',
    caption: `Entropy and surprise, −log p, in nats where each token is predicted without a thought; full colour at ln ${vocabulary} = ${digits(most)}. Tiers by entropy: easy below ${digits(knobs.entropyMedium)}, hard from ${digits(knobs.entropyHard)}. ${noiseSentence(batch, tiers.values)}`,
    tokens: own(batch.forced.tokens),
    rows,
  };
}

/** B_t over the run at these knobs. */
function budgetSteps({ batch, knobs, trace }: FigureInput): TokenFigure {
  const step = batch.draw?.step ?? 0;
  const last = Math.ceil(Math.max(knobs.totalSteps, step));
  const values = Array.from({ length: last + 1 }, (_, t) => budgetAt(knobs, t));
  const now = trace.budget.values[0];
  return {
    kind: 'steps',
    title: 'Budget of thought over the run',
    caption: `B = ${now} at t = ${step}, the steps taken before this batch; ${values[0]} at the start, ${budgetAt(knobs, knobs.totalSteps)} from t = ${knobs.totalSteps} on. A thought of B tokens earns the full length reward.`,
    xTitle: 'steps taken',
    yTitle: 'tokens',
    values,
    now: { step, value: now },
  };
}

/** The text that the pinned token's prompt begins, and the budget: only where the batch holds the text's entropies. */
export function midTrainingFigures(input: FigureInput): readonly TokenFigure[] {
  const strip = corpusStrip(input);
  return strip ? [strip, budgetSteps(input)] : [];
}
