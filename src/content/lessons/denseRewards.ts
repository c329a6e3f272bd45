import { code, count, glyphOf, number, say, signed, strongest, traceAt, wrongDigit, find, isRight } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const anyToken = (view: LessonView): Place | null => wrongDigit(view) ?? find(view, (row) => !isRight(row)) ?? find(view, () => true);
const implicit = (view: LessonView, place: Place | null): number => traceAt(view, place, 'implicitReward');
const measured = (view: LessonView): boolean => view.credit() !== null;
const largest = (view: LessonView): Place | null => {
  const values = view.credit()?.trace.implicitReward?.values;
  return values ? (strongest(view, values)[0] ?? null) : null;
};

export const denseRewards: Lesson = {
  id: 'dense-rewards',
  title: 'Dense rewards from nothing',
  purpose: 'PRIME learns a reward for every token from nothing but right and wrong answers.',
  minutes: 7,
  pages: [
    {
      title: 'A second model',
      set: { view: 'prime', train: 'prime', lanes: ['entropy', 'implicitReward'] },
      say: [
        say`PRIME trains a second language model on whole answers: right ones should be likelier under it than under a frozen reference, wrong ones less so. Its log-ratio at each token is then a reward for that token, though nobody ever labelled one.`,
        say`A recorded step has no such model. Take one step of training with PRIME.`,
      ],
      highlight: 'train',
      tryIt: {
        say: say`Press ${code(() => '⏭')} (or the key ${code(() => 'N')}) once.`,
        isDone: (now) => now.isLive && now.stepsTaken > 0,
      },
    },
    {
      title: 'At first it knows nothing',
      keepsView: true,
      set: { lanes: ['implicitReward', 'outcomeReturn'], show: 'credit' },
      say: [
        say`The second model starts as a copy of the reference, so its log-ratio is ${number((view) => (measured(view) ? implicit(view, anyToken(view)) : Number.NaN), { digits: 3 })} at the token ${code((view) => glyphOf(view, anyToken(view)))}. PRIME is then RLOO, whitened over the batch.`,
      ],
      highlight: 'lane implicitReward',
    },
    {
      title: 'Let it learn',
      keepsView: true,
      set: { lanes: ['implicitReward', 'value'], show: 'credit' },
      say: [
        say`With every step the second model is trained on the policy’s own answers. After ${count((view) => view.stepsTaken)} steps its largest reward in this group is ${signed((view) => implicit(view, largest(view)), 3)}, at ${code((view) => glyphOf(view, largest(view)))}.`,
        say`Compare its lane with the value beside it: is it high where the value jumps?`,
      ],
      tryIt: {
        say: say`Train on for a few dozen steps, then pause and look again.`,
        isDone: (now, start) => now.stepsTaken >= start.stepsTaken + 20,
      },
    },
  ],
  notes: [
    'The paper’s reward has a factor that its code leaves out; the switch is among the knobs of PRIME.',
    'Freeze the second model (its update is a knob) and let the class guess what happens over the next hundred steps.',
  ],
  answers: [
    'Nothing: a copy of the reference has a log-ratio of zero everywhere.',
    'Ideally at the digits that decide; on a task this small it also leans on the strategy token.',
  ],
};
