import { clipShare, code, count, creditAt, glyphOf, number, percent, say, signed, tokenAt, traceAt } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

/** The prompt with the most clipped tokens at the last update, and its first one. */
function clippedPlaces(view: LessonView): Place[] {
  const credit = view.credit('grpo');
  if (!credit) return [];
  return view.batch.groups.flatMap(({ start, end }, group) =>
    view.batch.responses
      .slice(start, end)
      .flatMap((row, response) =>
        Array.from({ length: row.end - row.start }, (_, position) => ({ group, response, position })).filter(
          ({ position }) => credit.clipState[row.start + position] === 1,
        ),
      ),
  );
}
const clippedPrompt = (view: LessonView): number => {
  const places = clippedPlaces(view);
  const counts = view.batch.groups.map((_, group) => places.filter((place) => place.group === group).length);
  return counts.indexOf(Math.max(...counts));
};
const clipped = (view: LessonView): Place | null => clippedPlaces(view).find(({ group }) => group === view.group) ?? null;
const ratio = (view: LessonView): number => traceAt(view, clipped(view), 'ratio', 'grpo');
const shareAt =
  (knobs: Readonly<Record<string, number>>) =>
  (view: LessonView): number => {
    const credit = view.credit('grpo', knobs);
    return credit ? clipShare(credit) : Number.NaN;
  };
/** Nothing is ever clipped within these bounds. */
const WIDE = { clipLow: 0.99, clipHigh: 5 };

export const ratioAndClip: Lesson = {
  id: 'ratio-and-clip',
  title: 'Ratio and clip',
  purpose: 'Samples are used several times. The clip says when a token has been pushed far enough.',
  minutes: 7,
  pages: [
    {
      title: 'At the first update, every ratio is one',
      set: { view: 'grpo', lanes: ['ratio'], update: 1, findPrompt: clippedPrompt },
      say: [
        say`A step draws samples once and updates on them ${count((view) => view.batch.updates.length)} times, on half of them at a time. The ratio is the token’s probability now over its probability when it was drawn.`,
        say`Before the first update the two policies are the same, so the clip does nothing yet.`,
      ],
      highlight: 'lane ratio',
      holds: [{ claim: 'nothing is clipped at the first update', test: (view) => (view.credit() ? clipShare(view.credit()!) : 1) === 0 }],
    },
    {
      title: 'At the last update, some have moved',
      set: { view: 'grpo', lanes: ['ratio', 'clipState'], findPrompt: clippedPrompt, pin: clipped },
      say: [
        say`Now ${percent(shareAt({}))} of the tokens have passed a bound in the direction of their push and are hatched: no gradient. The one pinned, ${code((view) => glyphOf(view, clipped(view)))}, has a ratio of ${number(ratio, { digits: 3 })} and a credit of ${signed((view) => creditAt(view, clipped(view)))}.`,
        say`The diagram in the inspector shows where it stands and which branch of the minimum won.`,
      ],
      highlight: 'inspector',
      holds: [
        { claim: 'a clipped token has no credit', test: (view) => creditAt(view, clipped(view)) === 0 },
        { claim: 'its ratio lies outside the bounds', test: (view) => ratio(view) > 1.2 || ratio(view) < 0.8 },
        { claim: 'some tokens of the batch are clipped', test: (view) => shareAt({})(view) > 0 },
      ],
    },
    {
      title: 'Move the bounds',
      set: { view: 'grpo', lanes: ['ratio', 'clipState'], findPrompt: clippedPrompt, pin: clipped, panels: ['shelf'] },
      say: [
        say`Narrow bounds clip more tokens, wide ones none: with both as wide as they go the share falls from ${percent(shareAt({}))} to ${percent(shareAt(WIDE))}.`,
      ],
      highlight: 'knob clipHigh',
      tryIt: {
        say: say`Drag the clip above or below until the pinned token gets its gradient back.`,
        isDone: (now) => creditAt(now, now.pin) !== 0 && tokenAt(now, now.pin) >= 0,
      },
      holds: [{ claim: 'wider bounds clip fewer tokens', test: (view) => shareAt(WIDE)(view) < shareAt({})(view) }],
    },
    {
      title: 'DAPO: more room upwards',
      set: { view: 'dapo', lanes: ['ratio', 'clipState'], findPrompt: clippedPrompt },
      say: [
        say`DAPO sets the upper bound higher than the lower one: unlikely tokens need room to rise before they can be found again. The same samples, under its bounds: ${percent((view) => (view.credit() ? clipShare(view.credit()!) : Number.NaN))} clipped.`,
      ],
      holds: [
        {
          claim: 'DAPO’s higher bound clips no more tokens than GRPO’s',
          test: (view) => {
            const own = view.credit('dapo');
            return own !== null && clipShare(own) <= shareAt({})(view) + 1e-12;
          },
        },
      ],
      tryIt: { say: say`Train a few steps and watch the clip fraction in the curves.`, isDone: (now) => now.isLive && now.stepsTaken > 0 },
    },
  ],
  notes: [
    'A clipped token is not pulled back: it is left alone. Only other tokens’ updates can move it.',
    'GSPO’s one ratio an answer and CISPO’s clipped weight are two keys further in the list of methods.',
  ],
  answers: [
    'The bound on the side of the pinned token’s push has to pass its ratio.',
    'Bounds act on one side at a time: the upper one on tokens pushed up, the lower one on tokens pushed down.',
  ],
};
