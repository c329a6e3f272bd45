import { code, count, creditAt, find, glyphOf, isRight, number, percent, responses, say, signed } from './say.ts';
import type { Lesson, LessonPage, LessonView, Place } from './types.ts';

type Knobs = Readonly<Record<string, number>>;

/** Credit of every token of the batch under two settings of one method, where both have a number. */
function pairs(view: LessonView, method: string, other: Knobs): { token: number; from: number; to: number }[] {
  const here = view.credit(method)?.credit;
  const there = view.credit(method, other)?.credit;
  if (!here || !there) return [];
  return Array.from(here, (from, token) => ({ token, from, to: there[token] })).filter(
    ({ from, to }) => Number.isFinite(from) && Number.isFinite(to),
  );
}
const changed =
  (method: string, other: Knobs) =>
  (view: LessonView): number => {
    const all = pairs(view, method, other);
    return all.filter(({ from, to }) => Math.abs(from - to) > 1e-3).length / all.length;
  };
/** The token of the shown prompt whose credit changes most. */
const mostChanged =
  (method: string, other: Knobs) =>
  (view: LessonView): Place | null => {
    const difference = new Map(pairs(view, method, other).map(({ token, from, to }) => [token, Math.abs(from - to)]));
    const rows = responses(view);
    let best: Place | null = null;
    let size = 0;
    for (const [response, row] of rows.entries()) {
      for (let t = row.start; t < row.end; t++) {
        const here = difference.get(t) ?? 0;
        if (here > size) [best, size] = [{ group: view.group, response, position: t - row.start }, here];
      }
    }
    return best;
  };
/** The prompt in which a setting changes the most credit. */
const changedPrompt =
  (method: string, other: Knobs) =>
  (view: LessonView): number => {
    const { batch } = view;
    const difference = new Map(pairs(view, method, other).map(({ token, from, to }) => [token, Math.abs(from - to)]));
    const sums = batch.groups.map(({ start, end }) =>
      batch.responses.slice(start, end).reduce((sum, row) => {
        for (let t = row.start; t < row.end; t++) sum += difference.get(t) ?? 0;
        return sum;
      }, 0),
    );
    return sums.indexOf(Math.max(...sums));
  };

interface Exhibit {
  title: string;
  method: string;
  /** The other setting, and the one knob that it moves. */
  other: Knobs;
  task?: string;
  lanes?: readonly string[];
  before: LessonPage['say'][number];
}

/** A page on one switch between what a paper says and what a code does. */
function exhibit({ title, method, other, task, lanes, before }: Exhibit): LessonPage {
  const [knob] = Object.keys(other);
  const place = mostChanged(method, other);
  return {
    title,
    set: {
      ...(task ? { task } : {}),
      view: method,
      panels: ['shelf'],
      findPrompt: changedPrompt(method, other),
      pin: place,
      ...(lanes ? { lanes } : {}),
    },
    say: [
      before,
      say`Switched over, ${percent(changed(method, other))} of the tokens of this step get another credit. The pinned ${code((view) => glyphOf(view, place(view)))} goes from ${signed((view) => creditAt(view, place(view), method))} to ${signed((view) => creditAt(view, place(view), method, other))}.`,
    ],
    highlight: `knob ${knob}`,
    tryIt: { say: say`Throw the switch and watch the pinned token.`, isDone: (now) => now.overrides[knob] === other[knob] },
    holds: [
      { claim: 'the two readings give other credit', test: (view) => changed(method, other)(view) > 0 },
      {
        claim: 'the pinned token is one that changes',
        test: (view) => Math.abs(creditAt(view, place(view), method) - creditAt(view, place(view), method, other)) > 1e-3,
      },
    ],
  };
}

const first = (view: LessonView): Place | null => find(view, isRight);

export const paperAndCode: Lesson = {
  id: 'paper-and-code',
  title: 'Paper against code',
  purpose: 'Where a paper says one thing and its code does another, the lab has a switch. What each one changes.',
  minutes: 9,
  pages: [
    exhibit({
      title: 'HAPO: the sign of the certain tokens',
      method: 'hapo',
      other: { lowSign: 1 },
      lanes: ['entropy', 'redistribution'],
      before: say`The paper takes push away from tokens of low entropy. The released code has a plus where the paper has a minus.`,
    }),
    exhibit({
      title: 'STEER: a factor that went missing',
      method: 'steer',
      other: { entropyForm: 1 },
      lanes: ['weightTheorem', 'weightReleased'],
      before: say`The theorem’s estimate of the change of entropy carries the ratio. The released code leaves it out.`,
    }),
    exhibit({
      title: 'DECS: where the redundant reward starts',
      method: 'decs',
      other: { redundantBase: 1 },
      task: 'recheck',
      lanes: ['tokenReward'],
      before: say`Re-checks of a right result are paid less, the longer the answer. The code takes that penalty from the raised reward of the tokens that were needed; the paper, as it is reported, from the plain one.`,
    }),
    exhibit({
      title: 'REINFORCE++: one name, three returns',
      method: 'reinforce-pp',
      other: { returnVariant: 1 },
      before: say`Libraries that carry this name compute different returns: with or without the mean of the group taken off first.`,
    }),
    {
      title: 'And where it makes no difference',
      set: { view: 'prime', panels: ['shelf'] },
      say: [
        say`PRIME’s paper has a factor in front of its token reward, its code has none. With the code’s normalisation any factor cancels: every knob that only scales the reward of the second model leaves the advantage alone, until the normalisation is switched off.`,
        say`${count((view) => responses(view).length)} samples are on the screen; press the button under the matrix to have their second model’s numbers, or train one step.`,
      ],
      highlight: 'knob betaInReward',
    },
    {
      title: 'How to read them',
      set: { view: 'grpo', panels: ['shelf'], pin: first },
      say: [
        say`Every default follows what its fixture was computed with, the authors’ code where there is one. The card of a method says what its numbers were checked against; a reconstruction says so. Even the small constant in the denominator differs between libraries: the right answer pinned here gets ${number((view) => creditAt(view, first(view)), { digits: 3, isSigned: true })}.`,
      ],
      highlight: 'inspector',
    },
  ],
  notes: [
    'Ask which of the two the class would expect before the switch is thrown.',
    'The docs page of each method lists its open points with their sources.',
  ],
  answers: [
    'HAPO and STEER: the switch decides which tokens learn.',
    'PRIME: none, as long as its scores are normalised by their largest return.',
  ],
};
