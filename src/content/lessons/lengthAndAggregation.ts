import { count, creditAt, find, isRight, number, responses, say, signed, textOf, code } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const lengthOf = (view: LessonView, place: Place | null): number => {
  const row = place && responses(view)[place.response];
  return row ? row.end - row.start : Number.NaN;
};
const extremes = (view: LessonView, isLongest: boolean): Place | null => {
  const rows = responses(view).filter((row) => isRight(row));
  const lengths = rows.map((row) => row.end - row.start);
  const wanted = isLongest ? Math.max(...lengths) : Math.min(...lengths);
  return find(view, (row) => isRight(row) && row.end - row.start === wanted);
};
const short = (view: LessonView): Place | null => extremes(view, false);
const long = (view: LessonView): Place | null => extremes(view, true);
const text = (view: LessonView, place: Place | null): string => (place ? textOf(view, responses(view)[place.response]) : '');
/** A token’s credit in a short answer over that in a long one of the same reward. */
const bias = (method: string) => (view: LessonView) => creditAt(view, short(view), method) / creditAt(view, long(view), method);

export const lengthAndAggregation: Lesson = {
  id: 'length',
  title: 'Length and aggregation',
  purpose: 'How a loss is averaged decides what a token of a long answer is worth.',
  minutes: 6,
  pages: [
    {
      title: 'Same reward, other push',
      set: { view: 'grpo', lanes: ['value'], update: 1 },
      say: [
        say`${code((view) => text(view, short(view)))} and ${code((view) => text(view, long(view)))} are both right. GRPO averages over the tokens of each answer first, so one token of the short answer (${count((view) => lengthOf(view, short(view)))} tokens) is pushed ${signed((view) => creditAt(view, short(view)))}, one of the long answer (${count((view) => lengthOf(view, long(view)))}) only ${signed((view) => creditAt(view, long(view)))}.`,
      ],
      predict: {
        question: 'Two right answers, one short and one long. In which does a single token get more? Click one of its tokens.',
        answer: (view) => {
          const place = short(view);
          return place ? Array.from({ length: lengthOf(view, place) }, (_, position) => ({ ...place, position })) : [];
        },
        reveal: say`In the short one: ${number(bias('grpo'), { digits: 1 })} times as much, because each answer’s push is divided by its own length.`,
      },
      holds: [
        { claim: 'a token of the short answer is pushed harder under GRPO', test: (view) => bias('grpo')(view) > 1.2 },
        {
          claim: 'by the ratio of the lengths',
          test: (view) => Math.abs(bias('grpo')(view) - lengthOf(view, long(view)) / lengthOf(view, short(view))) < 0.1,
        },
      ],
    },
    {
      title: 'What that does to wrong answers',
      set: { view: 'grpo', lanes: ['value'], update: 1 },
      say: [
        say`The same division goes easy on long wrong answers: each of their tokens is blamed less. A model that is often wrong can lower its blame by writing more.`,
        say`Dr. GRPO found this, and takes the division out.`,
      ],
    },
    {
      title: 'Dr. GRPO: no division',
      set: { view: 'dr-grpo', lanes: ['value'], update: 1 },
      say: [
        say`Every token counts alike now, however long its answer: ${signed((view) => creditAt(view, short(view)))} and ${signed((view) => creditAt(view, long(view)))}. The division by the spread of the rewards is gone, too.`,
      ],
      holds: [
        {
          claim: 'Dr. GRPO pushes tokens of short and long right answers alike',
          test: (view) => Math.abs(bias('dr-grpo')(view) - 1) < 1e-6,
        },
      ],
    },
    {
      title: 'DAPO: the mean over tokens',
      set: { view: 'dapo', lanes: ['overlongPenalty'], update: 1, panels: ['shelf'] },
      say: [
        say`DAPO averages over all tokens of the batch: ${signed((view) => creditAt(view, short(view)))} and ${signed((view) => creditAt(view, long(view)))}. Long answers then weigh more in the update as a whole. What stops them from growing without end is a penalty near the length limit; these come nowhere near it.`,
      ],
      highlight: 'knob aggMode',
      holds: [
        { claim: 'DAPO pushes tokens of short and long right answers alike', test: (view) => Math.abs(bias('dapo')(view) - 1) < 1e-6 },
        {
          claim: 'no answer pays for its length',
          test: (view) => view.credit()?.trace.overlongPenalty?.values.every((value) => value === 0) === true,
        },
      ],
      tryIt: {
        say: say`Switch the aggregation between its modes and compare the two answers.`,
        isDone: (now) => now.overrides.aggMode !== undefined,
      },
    },
  ],
  notes: [
    'Have the class compute both pushes from the same advantage before you reveal.',
    'The aggregation is a knob of every method: try it under GRPO as well.',
  ],
  answers: [
    'In the short answer: the answer’s share of the update is fixed, and it is divided by fewer tokens.',
    'Their blame a token shrinks with length: a reward for rambling.',
  ],
};
