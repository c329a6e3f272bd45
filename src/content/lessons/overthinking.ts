import { code, count, creditAt, find, glyphOf, isRight, number, responses, say, signed, strongest, textOf } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

/** Whether a token lies in a re-check that came after the first right result of its answer. */
const isRedundant = (view: LessonView, t: number): boolean => {
  const row = view.batch.responses.find(({ start, end }) => t >= start && t < end);
  const chunks = row?.spans?.filter(({ kind }) => kind === 'chunk') ?? [];
  const first = chunks.findIndex(({ correct }) => correct === true);
  return row !== undefined && first >= 0 && chunks.slice(first + 1).some(({ start, end }) => t >= row.start + start && t < row.start + end);
};
const redundant = (view: LessonView): Place | null => {
  return find(view, (row, position) => isRight(row) && isRedundant(view, row.start + position));
};
/** A prompt with wrong answers, and right ones that check again what was already right. */
const mixedPrompt = (view: LessonView): number => {
  const { groups, responses: all } = view.batch;
  const found = groups.findIndex(({ start, end }, group) => {
    const own = all.slice(start, end);
    return own.some((row) => !isRight(row)) && redundant({ ...view, group }) !== null && positiveRedundant({ ...view, group }).length > 0;
  });
  return found < 0 ? view.group : found;
};
function positiveRedundant(view: LessonView): Place[] {
  const credit = view.credit('decs')?.credit;
  if (!credit) return [];
  const { group } = view;
  return responses(view).flatMap((row, response) =>
    isRight(row)
      ? Array.from({ length: row.end - row.start }, (_, position) => ({ group, response, position })).filter(
          ({ position }) => isRedundant(view, row.start + position) && credit[row.start + position] > 0,
        )
      : [],
  );
}
const first = (view: LessonView): Place | null => positiveRedundant(view)[0] ?? redundant(view);
const answer = (view: LessonView): string => {
  const place = first(view);
  return place ? textOf(view, responses(view)[place.response]) : '';
};

export const overthinking: Lesson = {
  id: 'overthinking',
  title: 'Overthinking',
  purpose: 'Checking a right result again and again costs tokens. DECS pays less for it, with a surprise.',
  minutes: 6,
  pages: [
    {
      title: 'Right already, still checking',
      set: { task: 'recheck', view: 'grpo', also: ['decs'], lanes: ['entropy'], findPrompt: mixedPrompt, pin: first },
      say: [
        say`In ${code(answer)} the result was there before its end: the tokens marked with dots only check it again. GRPO pays them like all others, ${signed((view) => creditAt(view, first(view)))} each.`,
      ],
      holds: [
        {
          claim: 'the pinned token is redundant and GRPO rewards it',
          test: (view) => first(view) !== null && creditAt(view, first(view), 'grpo') > 0,
        },
      ],
    },
    {
      title: 'DECS: pay the re-checks less',
      set: { task: 'recheck', view: 'decs', lanes: ['tokenReward'], findPrompt: mixedPrompt, pin: first },
      say: [say`DECS gives tokens after the first right result a lower reward, the lower the longer the answer. Does it push them down?`],
      predict: {
        question: 'Click a token that only checks again and that you think is pushed DOWN.',
        answer: (view) => strongest(view, pushedDown(view)).filter(() => pushedDown(view).some((value) => value !== 0)),
        reveal: say`The surprise: beside wrong answers, ${count((view) => positiveRedundant(view).length)} redundant tokens of this group still have positive credit, ${code((view) => glyphOf(view, first(view)))} for one, with ${signed((view) => creditAt(view, first(view)))}. Less than the others is still more than a wrong answer gets.`,
      },
      holds: [{ claim: 'redundant tokens of a mixed group keep positive credit', test: (view) => positiveRedundant(view).length > 0 }],
    },
    {
      title: 'Marked as such',
      set: { task: 'recheck', view: 'decs', lanes: ['redundantCredit'], findPrompt: mixedPrompt, pin: first },
      say: [
        say`The lane says it in words, token by token. Its reward is ${number((view) => reward(view))}: below that of the tokens that were needed, above that of a wrong answer.`,
      ],
      highlight: 'lane redundantCredit',
      tryIt: {
        say: say`Train with DECS for a few steps and watch the length in the curves.`,
        isDone: (now) => now.isLive && now.stepsTaken > 0,
      },
    },
  ],
  notes: [
    'The mark and the lane come from the task’s own evaluator, which knows where the result first stood.',
    'Choose DECS under “train with” before the last page.',
  ],
  answers: [
    'In a mixed group mostly none: that is the surprise. Where all answers are right, the comparison is among right ones and re-checks do fall below zero.',
    'Because the advantage compares tokens at one position across answers, wrong ones among them.',
  ],
};

const reward = (view: LessonView): number => {
  const place = first(view);
  const row = place && responses(view)[place.response];
  return row && place ? (view.credit('decs')?.trace.tokenRewards?.values[row.start + place.position] ?? Number.NaN) : Number.NaN;
};

function pushedDown(view: LessonView): Float64Array {
  const credit = view.credit('decs')?.credit ?? new Float64Array(0);
  return credit.map((value, t) => (isRedundant(view, t) ? Math.min(0, value || 0) : 0));
}
