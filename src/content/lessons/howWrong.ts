import { code, creditAt, fieldAt, find, glyphOf, number, responses, say, signed, strongest, wrongDigit } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const separator = (view: LessonView): Place | null => find(view, (row, _, glyph) => glyph === '>' && row.end - row.start > 3);
const guess = (view: LessonView): Place | null => find(view, (row, position, glyph) => glyph === 'D' && position === 0 && row.reward > 0.5);

/** Pearson correlation of a method's credit with the true advantage over the batch. */
function correlation(view: LessonView, method: string): number {
  const truth = view.batch.fields.trueAdvantages;
  const credit = view.credit(method)?.credit;
  if (!truth || !credit) return Number.NaN;
  const pairs = Array.from(credit, (value, t) => [value, truth[t]] as const).filter(
    ([value, real]) => Number.isFinite(value) && Number.isFinite(real),
  );
  const mean = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const sum = (f: (x: number, y: number) => number): number => pairs.reduce((total, [x, y]) => total + f(x - a, y - b), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

export const howWrong: Lesson = {
  id: 'how-wrong',
  title: 'How wrong is each?',
  purpose: 'The model is small enough to know the truth. Which scheme comes closest to it, and does that pay?',
  minutes: 8,
  pages: [
    {
      title: 'The truth',
      set: { view: 'true-advantage', lanes: ['trueValue'] },
      say: [
        say`The true value of a prefix is the reward that the policy expects if it goes on from there; here it is worked out over all continuations. The true advantage of a token is what it changed.`,
        say`The separator ${code((view) => glyphOf(view, separator(view)))} changed ${signed((view) => fieldAt(view, separator(view), 'trueAdvantages'))}, the wrong digit ${signed((view) => fieldAt(view, wrongDigit(view), 'trueAdvantages'))}.`,
      ],
      highlight: 'lane trueValue',
      holds: [
        { claim: 'separators deserve nothing', test: (view) => Math.abs(fieldAt(view, separator(view), 'trueAdvantages')) < 0.05 },
        { claim: 'the wrong digit lost much', test: (view) => fieldAt(view, wrongDigit(view), 'trueAdvantages') < -0.3 },
      ],
    },
    {
      title: 'A lucky guess',
      set: { view: 'true-advantage', lanes: ['trueValue'], show: 'credit' },
      say: [
        say`One answer guessed directly and was right. GRPO praises all of it. What does the truth say of its first token, the decision to guess?`,
      ],
      predict: {
        question: 'In the right answer that begins with D: click the token that truly earned the reward.',
        answer: (view) => strongest(view, lucky(view)),
        reveal: say`The digit did (${signed((view) => fieldAt(view, next(view), 'trueAdvantages'))}); the decision ${code((view) => glyphOf(view, guess(view)))} itself cost ${signed((view) => fieldAt(view, guess(view), 'trueAdvantages'))}. GRPO gives it ${signed((view) => creditAt(view, guess(view), 'grpo'))}: it teaches guessing.`,
      },
      holds: [
        { claim: 'the decision to guess was bad', test: (view) => fieldAt(view, guess(view), 'trueAdvantages') < 0 },
        { claim: 'the digit was good', test: (view) => fieldAt(view, next(view), 'trueAdvantages') > 0 },
        { claim: 'GRPO praises the decision', test: (view) => creditAt(view, guess(view), 'grpo') > 0 },
      ],
    },
    {
      title: 'Which method is closest?',
      set: { view: 'tempo', also: ['tree-td'], lanes: ['trueAdvantage', 'creditError'] },
      say: [
        say`Over this whole batch the credit of GRPO correlates with the truth at ${number((view) => correlation(view, 'grpo'))}, TEMPO’s at ${number((view) => correlation(view, 'tempo'))}, the tree’s term alone at ${number((view) => correlation(view, 'tree-td'))}.`,
      ],
      highlight: 'lane creditError',
      holds: [{ claim: 'TEMPO is closer to the truth than GRPO', test: (view) => correlation(view, 'tempo') > correlation(view, 'grpo') }],
    },
    {
      title: 'The scoreboard',
      set: { view: 'grpo', workspace: 'lab' },
      say: [
        say`The scoreboard does this for every method, with intervals, and adds what matters to the optimiser: how far the update as a whole points the right way, and how much it scatters.`,
        say`Better credit is not always faster training: the race shows it, with the true advantage itself as the ceiling.`,
      ],
      highlight: 'tabs',
      tryIt: { say: say`Open the scoreboard, then come back.`, isDone: (now) => now.workspace === 'scoreboard' },
    },
  ],
  notes: [
    'The truth is the policy’s own: it changes with every step of training.',
    'Recordings hold it; on a live step the lab asks the worker for it.',
  ],
  answers: [
    'The digit: after D nearly every digit is wrong, so the right one gained almost the whole reward.',
    'See the scoreboard’s first two columns.',
  ],
};

const next = (view: LessonView): Place | null => {
  const place = guess(view);
  return place && { ...place, position: 1 };
};

/** True gains of the answer that guessed and was right. */
function lucky(view: LessonView): Float64Array {
  const place = guess(view);
  const row = place && responses(view)[place.response];
  return Float64Array.from(view.batch.tokens, (_, t) =>
    row && t >= row.start && t < row.end ? Math.max(0, view.batch.fields.trueAdvantages?.[t] ?? 0) : 0,
  );
}
