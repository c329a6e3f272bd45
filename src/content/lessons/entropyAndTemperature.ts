import { code, creditAt, fieldAt, find, glyphOf, isRight, number, responses, say, signed, strongest, traceAt } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const extreme = (view: LessonView, isHighest: boolean): Place | null => {
  const entropies = view.batch.fields.oldEntropies;
  if (!entropies) return null;
  const right = responses(view)
    .filter(isRight)
    .flatMap((row) => Array.from({ length: row.end - row.start }, (_, k) => entropies[row.start + k]));
  const wanted = isHighest ? Math.max(...right) : Math.min(...right);
  return find(view, (row, position) => isRight(row) && entropies[row.start + position] === wanted);
};
const unsure = (view: LessonView): Place | null => extreme(view, true);
const sure = (view: LessonView): Place | null => extreme(view, false);
/** HAPO's sign on tokens of low entropy, as its released code has it. */
const RELEASED = { lowSign: 1 };

export const entropyAndTemperature: Lesson = {
  id: 'entropy',
  title: 'Entropy and temperature',
  purpose: 'Where the model was unsure a choice was made. HAPO treats those tokens differently, at every stage.',
  minutes: 7,
  pages: [
    {
      title: 'Where was a choice made?',
      set: { view: 'grpo', lanes: ['entropy'] },
      say: [
        say`Entropy says how unsure the model was before a token. At ${code((view) => glyphOf(view, sure(view)))} it was certain (${number((view) => fieldAt(view, sure(view), 'oldEntropies'))} nats), at ${code((view) => glyphOf(view, unsure(view)))} it guessed (${number((view) => fieldAt(view, unsure(view), 'oldEntropies'))}). GRPO pushes both alike.`,
      ],
      highlight: 'lane entropy',
      holds: [
        {
          claim: 'the unsure token has the higher entropy',
          test: (view) => fieldAt(view, unsure(view), 'oldEntropies') > 1 && fieldAt(view, sure(view), 'oldEntropies') < 0.05,
        },
      ],
    },
    {
      title: 'HAPO: push by entropy',
      set: { view: 'hapo', lanes: ['entropy', 'redistribution'] },
      say: [say`HAPO redistributes the advantage by entropy, and sets temperature and clip bounds by it.`],
      predict: {
        question: 'Under HAPO, which tokens of the right answers get next to nothing? Click one.',
        answer: (view) => spared(view),
        reveal: say`Those about which the model was certain: ${code((view) => glyphOf(view, sure(view)))} gets ${signed((view) => creditAt(view, sure(view)))}, the guess ${code((view) => glyphOf(view, unsure(view)))} ${signed((view) => creditAt(view, unsure(view)))}.`,
      },
      holds: [
        {
          claim: 'a certain token gets less than an unsure one',
          test: (view) => Math.abs(creditAt(view, sure(view), 'hapo')) < Math.abs(creditAt(view, unsure(view), 'hapo')),
        },
        { claim: 'the spared tokens are there', test: (view) => spared(view).length > 0 },
      ],
    },
    {
      title: 'Its own temperature for every token',
      set: { view: 'hapo', lanes: ['entropy', 'drawTemperature'] },
      say: [
        say`These samples were drawn at one temperature. HAPO would have drawn ${code((view) => glyphOf(view, unsure(view)))} at ${number((view) => traceAt(view, unsure(view), 'wouldTemperature'), { digits: 3 })}, and ${code((view) => glyphOf(view, sure(view)))} at ${number((view) => traceAt(view, sure(view), 'wouldTemperature'), { digits: 3 })}. The lane says what it would have done; the samples stay as they are.`,
      ],
      highlight: 'lane drawTemperature',
      holds: [
        {
          claim: 'the two temperatures differ',
          test: (view) => Math.abs(traceAt(view, unsure(view), 'wouldTemperature') - traceAt(view, sure(view), 'wouldTemperature')) > 1e-4,
        },
      ],
    },
    {
      title: 'A sign that the code turned round',
      set: { view: 'hapo', lanes: ['entropy', 'redistribution'], panels: ['shelf'] },
      say: [
        say`The paper takes push away from tokens of low entropy; the released code has the other sign there. The certain token pinned by the rule gets ${signed((view) => creditAt(view, sure(view)))} as in the paper and ${signed((view) => creditAt(view, sure(view), 'hapo', RELEASED))} as released.`,
      ],
      highlight: 'knob lowSign',
      holds: [
        {
          claim: 'the two signs give other credit',
          test: (view) => Math.abs(creditAt(view, sure(view), 'hapo') - creditAt(view, sure(view), 'hapo', RELEASED)) > 0.05,
        },
      ],
      tryIt: { say: say`Switch the sign and see which tokens light up.`, isDone: (now) => now.overrides.lowSign === RELEASED.lowSign },
    },
    {
      title: 'Temperature, by hand',
      set: { view: 'grpo', lanes: ['entropy'], panels: ['shelf'], pin: unsure },
      say: [
        say`Drag the temperature: entropy and the distribution in the inspector show a preview, outlined; credit stays at the temperature that drew the tokens. It acts from the next rollout.`,
      ],
      highlight: 'knob temperature',
      tryIt: {
        say: say`Raise the temperature.`,
        isDone: (now, start) => (now.overrides.temperature ?? 0) > (start.overrides.temperature ?? 1),
      },
    },
  ],
  notes: [
    'Both signs of HAPO are checked: the default follows the paper, the switch the released code.',
    'Ask why a higher temperature helps exploring and harms the reward now.',
  ],
  answers: [
    'The separators and the end token: nothing was decided there.',
    'With the released sign, tokens of low entropy gain push where the paper takes it away.',
  ],
};

/** Tokens of right answers whose credit under HAPO is a tenth of the largest, or less. */
function spared(view: LessonView): Place[] {
  const credit = view.credit('hapo')?.credit;
  if (!credit) return [];
  const [best] = strongest(view, credit);
  const most = Math.abs(creditAt(view, best, 'hapo'));
  const { group } = view;
  return responses(view).flatMap((row, response) =>
    isRight(row)
      ? Array.from({ length: row.end - row.start }, (_, position) => ({ group, response, position })).filter(
          ({ position }) => Math.abs(credit[row.start + position]) <= most / 10,
        )
      : [],
  );
}
