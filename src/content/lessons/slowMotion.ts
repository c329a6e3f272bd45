/** One update step, stage by stage, of whatever the lab shows: the method and the samples stay as they are. */
import {
  code,
  count,
  find,
  isRight,
  number,
  percent,
  rightCount,
  say,
  signed,
  textOf,
  tokenAt,
  traceAt,
  clipShare,
  responses,
} from './say.ts';
import type { Lesson, LessonPage, LessonView, Place } from './types.ts';

/** The token that the pages speak of: the pinned one, else the first of the first right answer. */
const spoken = (view: LessonView): Place | null =>
  view.pin && tokenAt(view, view.pin) >= 0 ? view.pin : (find(view, isRight) ?? find(view, () => true));

const spokenText = (view: LessonView): string => {
  const place = spoken(view);
  return place ? textOf(view, responses(view)[place.response]) : '';
};

/** @param maxTokens length at which the task cuts an answer off: so many pages of sampling at the most, two tokens a page where it is long */
export function slowMotion(maxTokens: number): Lesson {
  const stride = Math.max(1, Math.ceil(maxTokens / 10));
  const draws: LessonPage[] = Array.from({ length: Math.ceil(maxTokens / stride) }, (_, i) => ({
    title: i === 0 ? 'Sampling: the first token' : 'Sampling: token by token',
    keepsView: true,
    isBeforeCredit: true,
    shownTokens: (i + 1) * stride,
    set: { lanes: ['entropy'], show: 'credit', update: 'last' },
    say: [
      i === 0
        ? say`The model is asked the same prompt ${count((view) => responses(view).length)} times. Each answer is drawn token by token from its own probabilities; the entropy says how unsure it was.`
        : say`Each next token is drawn given everything before it. Answers that began alike part where two draws differ.`,
    ],
  }));
  const rest: LessonPage[] = [
    {
      title: 'Reward: one number an answer',
      keepsView: true,
      isBeforeCredit: true,
      set: { lanes: ['entropy'], show: 'advantage', update: 'last' },
      say: [
        say`The verifier reads each finished answer: ${count(rightCount)} of ${count((view) => responses(view).length)} are right. This is all that training is told.`,
      ],
      highlight: 'sentence',
    },
    {
      title: 'Advantage: compared with what?',
      keepsView: true,
      set: { lanes: ['value'], show: 'advantage', update: 'last' },
      say: [
        say`The method turns rewards into one number a token. In ${code(spokenText)} the token spoken of has an advantage of ${signed((view) => view.credit()?.advantages[tokenAt(view, spoken(view))] ?? Number.NaN)}.`,
      ],
    },
    {
      title: 'Ratio: the policy moves',
      keepsView: true,
      set: { lanes: ['ratio'], show: 'credit', update: 'last' },
      say: [
        say`The same samples are used for several updates. Before the last one, the policy draws this token ${number((view) => traceAt(view, spoken(view), 'ratio'), { digits: 3 })} times as readily as when it was sampled.`,
      ],
      highlight: 'lane ratio',
    },
    {
      title: 'Clip: far enough',
      keepsView: true,
      set: { lanes: ['ratio', 'clipState'], show: 'credit', update: 'last' },
      say: [
        say`Where a ratio has passed its bound in the direction of its push, the token gets nothing more: hatched, ${percent((view) => (view.credit() ? clipShare(view.credit()!) : Number.NaN))} of this batch.`,
      ],
      highlight: 'lane clipState',
    },
    {
      title: 'Gradient: what the update does',
      keepsView: true,
      set: { lanes: ['effect'], show: 'credit', update: 'last' },
      say: [
        say`Credit is the push: this token gets ${signed((view) => view.credit()?.credit[tokenAt(view, spoken(view))] ?? Number.NaN)}. Effect is what came of it: its log-probability after the step minus before. Tokens are pushed together, so the two need not agree.`,
      ],
      highlight: 'lane effect',
    },
  ];
  return {
    id: 'slow-motion',
    title: 'Slow motion',
    purpose: 'One update step, stage by stage.',
    minutes: 3,
    pages: [...draws, ...rest],
    notes: [
      'Pin a token before you start: the pages then speak of it.',
      'Switch the method on any page; the stage that it changes is lit in the rail.',
    ],
    answers: ['Nothing is asked.'],
  };
}
