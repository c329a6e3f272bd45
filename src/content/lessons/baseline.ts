import { advantageAt, count, find, isRight, meanReward, number, percent, responses, rightCount, say, signed } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const firstOf =
  (isWanted: boolean) =>
  (view: LessonView): Place | null =>
    find(view, (row) => isRight(row) === isWanted);
const right = firstOf(true);
const wrong = firstOf(false);

/** A prompt whose answers all got the same reward. */
const flatGroup = (view: LessonView): number => {
  const { groups, responses: all } = view.batch;
  const found = groups.findIndex(({ start, end }) => all.slice(start, end).every(({ reward }) => reward === all[start].reward));
  return found < 0 ? view.group : found;
};
const flatShare = (view: LessonView): number => {
  const { groups, responses: all } = view.batch;
  return (
    groups.filter(({ start, end }) => all.slice(start, end).every(({ reward }) => reward === all[start].reward)).length / groups.length
  );
};
const isFlatGroup = (view: LessonView): boolean => new Set(responses(view).map(({ reward }) => reward)).size === 1;

export const baseline: Lesson = {
  id: 'baseline',
  title: 'The baseline and the group',
  purpose: 'Better than what? A baseline turns a reward into news, and a group of equals has none.',
  minutes: 5,
  pages: [
    {
      title: 'Compared with the others',
      set: { view: 'rloo', show: 'advantage', lanes: ['value'], pin: right },
      say: [
        say`RLOO compares each answer with the mean of the others of its group, itself left out. ${count(rightCount)} of ${count((view) => responses(view).length)} are right here, so a right answer is ${signed((view) => advantageAt(view, right(view)))} better than the others and a wrong one ${signed((view) => advantageAt(view, wrong(view)))}.`,
        say`Its formula with these numbers stands in the inspector below.`,
      ],
      highlight: 'inspector',
      holds: [
        {
          claim: 'a right answer’s advantage is its reward minus the mean of the others',
          test: (view) => {
            const n = responses(view).length;
            const others = (rightCount(view) - 1) / (n - 1);
            return Math.abs(advantageAt(view, right(view)) - (1 - others)) < 1e-9;
          },
        },
      ],
    },
    {
      title: 'GRPO divides by the spread',
      set: { view: 'grpo', show: 'advantage', lanes: ['value'], pin: right },
      say: [
        say`GRPO subtracts the mean of all (${number(meanReward)}) and divides by the spread: the same right answer now counts ${signed((view) => advantageAt(view, right(view)))}. Where nearly all answers agree, the spread is small and the odd one out is pushed hard.`,
      ],
      tryIt: {
        say: say`Flip rewards until only one answer is right, and watch its advantage grow.`,
        isDone: (now) => now.edits > 0 && rightCount(now) === 1,
      },
    },
    {
      title: 'When all agree',
      set: { view: 'grpo', checkpoint: 'step-200', show: 'advantage', lanes: ['value'], findPrompt: flatGroup },
      say: [
        say`Late in training, ${percent(flatShare)} of the prompts have answers that all got the same reward. Nothing can be compared: the advantage is zero, hatched, and these samples teach nothing.`,
        say`DAPO drops such groups and draws others in their place.`,
      ],
      holds: [
        { claim: 'the group shown has one reward', test: isFlatGroup },
        {
          claim: 'its advantages are zero',
          test: (view) =>
            Math.abs(
              advantageAt(
                view,
                find(view, () => true),
              ),
            ) < 1e-6,
        },
        { claim: 'most groups are like that', test: (view) => flatShare(view) >= 0.5 },
      ],
    },
  ],
  notes: [
    'Let the class work out the leave-one-out advantage by hand before the inspector is opened.',
    'On the last page go through the prompts with the arrows: mixed groups are rare by then.',
  ],
  answers: [
    'With one right answer in eight the spread is small, so its advantage is the largest that GRPO gives at this group size.',
    'Their samples cost as much as the others and give no gradient.',
  ],
};
