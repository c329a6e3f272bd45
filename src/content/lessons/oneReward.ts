import {
  advantageAt,
  code,
  count,
  creditAt,
  find,
  isRight,
  promptText,
  responses,
  rightCount,
  say,
  signed,
  glyphOf,
  strongest,
  textOf,
  tokenAt,
  wrongDigit,
} from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

/** A wrong answer that began as right ones did. */
const wrongAnswer = (view: LessonView): string => {
  const place = wrongDigit(view);
  return place ? textOf(view, responses(view)[place.response]) : '';
};
/** The token before its mistake: everything was still right there. */
const innocent = (view: LessonView): Place | null => {
  const place = wrongDigit(view);
  return place && { ...place, position: 0 };
};
const rightStart = (view: LessonView): Place | null =>
  find(view, (row, position) => isRight(row) && position === 0 && row.end - row.start > 3);

export const oneReward: Lesson = {
  id: 'one-reward',
  title: 'One reward, many tokens',
  purpose: 'A verifier gives one number for a whole answer. What should each token be told?',
  minutes: 6,
  pages: [
    {
      title: 'One number at the end',
      set: { view: 'reinforce', knobs: { baseline: 0 }, show: 'advantage', lanes: ['entropy'] },
      say: [
        say`The model answered ${code(promptText)} ${count((view) => responses(view).length)} times. The verifier looks only at the end: ${count(rightCount)} answers are right.`,
        say`REINFORCE without a baseline gives every token of an answer the reward that follows it: ${signed((view) => advantageAt(view, rightStart(view)))} in a right answer, ${signed((view) => advantageAt(view, innocent(view)))} in a wrong one.`,
      ],
      holds: [
        { claim: 'every token of a right answer has the same advantage', test: (view) => isFlat(view, 'reinforce', true) },
        { claim: 'a wrong answer teaches nothing', test: (view) => Math.abs(advantageAt(view, innocent(view))) < 1e-12 },
      ],
    },
    {
      title: 'Which token is to blame?',
      set: { view: 'true-advantage', lanes: ['entropy'], rows: 'sampled' },
      say: [say`Look at ${code(wrongAnswer)}: it is wrong. Before you see any method’s answer: where did it go wrong?`],
      predict: {
        question: 'Which token of that answer deserves the blame? Click it.',
        answer: (view) => strongest(view, negativeOf(view)),
        reveal: say`The token that lost the reward is ${code((view) => glyphOf(view, wrongDigit(view)))}: from there on the answer was as good as lost (${signed((view) => view.batch.fields.trueAdvantages?.[tokenAt(view, wrongDigit(view))] ?? Number.NaN)} of expected reward). The tokens after it only carried the mistake on.`,
      },
      holds: [
        {
          claim: 'the wrong digit lost more than any other token of its answer',
          test: (view) => {
            const place = wrongDigit(view);
            const row = place && responses(view)[place.response];
            const truth = view.batch.fields.trueAdvantages;
            if (!row || !truth) return false;
            const at = tokenAt(view, place);
            return Array.from({ length: row.end - row.start }, (_, k) => row.start + k).every((t) => truth[at] <= truth[t]);
          },
        },
      ],
    },
    {
      title: 'GRPO: compare with the group',
      set: { view: 'grpo', lanes: ['value'] },
      say: [
        say`GRPO subtracts what the group earned on average and divides by its spread. Right answers now push up, wrong ones push down, though nobody said which token did it.`,
        say`Every token of ${code(wrongAnswer)} gets the same blame, about ${signed((view) => creditAt(view, innocent(view)))}, the innocent ones too.`,
      ],
      highlight: 'switch',
      holds: [
        {
          claim: 'GRPO’s advantage is flat within every answer',
          test: (view) => isFlat(view, 'grpo', true) && isFlat(view, 'grpo', false),
        },
        { claim: 'wrong answers are pushed down', test: (view) => advantageAt(view, innocent(view)) < 0 },
      ],
      tryIt: {
        say: say`Flip the reward of one answer (click its ✓ or ✗ at the left) and watch every row change: the comparison is with the whole group.`,
        isDone: (now, start) => now.edits > start.edits,
      },
    },
    {
      title: 'The same start, two verdicts',
      set: { view: 'grpo', lanes: ['value'], rows: 'trie', pin: innocent },
      say: [
        say`Answers that began with the same ${code((view) => glyphOf(view, innocent(view)))} got ${signed((view) => advantageAt(view, rightStart(view)))} where they ended right and ${signed((view) => advantageAt(view, innocent(view)))} where they ended wrong. The same choice is praised and blamed in one update.`,
        say`That is noise, and it is what most of the other methods of this lab set out to remove.`,
      ],
      holds: [
        {
          claim: 'the same first token has advantages of both signs',
          test: (view) =>
            advantageAt(view, rightStart(view)) > 0 &&
            advantageAt(view, innocent(view)) < 0 &&
            glyphOf(view, rightStart(view)) === glyphOf(view, innocent(view)),
        },
      ],
    },
  ],
  notes: [
    'Start with the switch untouched and ask for the rule before you name REINFORCE.',
    'On the prediction page let the class vote; most point at the last digit, which only carries the mistake on.',
    'Undo flipped rewards with Control Z before you go on.',
  ],
  answers: [
    'The first digit that is not the running sum; the separators and later digits follow from it.',
    'Because mean and spread are taken over the whole group, one flipped reward moves all of them.',
  ],
};

/** The true losses of the answer that the page speaks of, zero elsewhere. */
function negativeOf(view: LessonView): Float64Array {
  const place = wrongDigit(view);
  const row = place && responses(view)[place.response];
  return Float64Array.from(view.batch.tokens, (_, t) =>
    row && t >= row.start && t < row.end ? Math.min(0, view.batch.fields.trueAdvantages?.[t] ?? 0) : 0,
  );
}

/** Whether all tokens of each right (or wrong) answer have one advantage. */
function isFlat(view: LessonView, method: string, ofRight: boolean): boolean {
  const { advantages } = view.credit(method) ?? { advantages: new Float64Array(0) };
  return responses(view)
    .filter((row) => isRight(row) === ofRight)
    .every((row) => advantages.slice(row.start, row.end).every((value) => Math.abs(value - advantages[row.start]) < 1e-9));
}
