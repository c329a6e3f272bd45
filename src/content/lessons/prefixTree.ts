import { code, creditAt, find, glyphOf, isRight, number, responses, say, signed, strongest, textOf, wrongDigit } from './say.ts';
import type { Lesson, LessonView, Place } from './types.ts';

const start = (view: LessonView): Place | null => find(view, (row, position) => isRight(row) && position === 0 && row.end - row.start > 3);
/** A separator after a first step that several samples share. */
const format = (view: LessonView): Place | null => find(view, (row, _, glyph) => glyph === '>' && row.end - row.start > 3);
const wrongText = (view: LessonView): string => {
  const place = wrongDigit(view);
  return place ? textOf(view, responses(view)[place.response]) : '';
};
const before = (view: LessonView, place: Place | null): number => treeValue(view, place, 0);
const after = (view: LessonView, place: Place | null): number => treeValue(view, place, 1);

/** Mean reward of the samples that share the text before (0) or through (1) a token: counted, not traced. */
function treeValue({ batch, group }: LessonView, place: Place | null, through: 0 | 1): number {
  if (!place) return Number.NaN;
  const { start: first, end } = batch.groups[group];
  const own = batch.responses[first + place.response];
  const length = place.position + through;
  const shared = batch.responses
    .slice(first, end)
    .filter(
      (row) =>
        row.end - row.start >= length &&
        Array.from({ length }, (_, k) => k).every((k) => batch.tokens[row.start + k] === batch.tokens[own.start + k]),
    );
  return shared.reduce((sum, { reward }) => sum + reward, 0) / shared.length;
}

export const prefixTree: Lesson = {
  id: 'prefix-tree',
  title: 'The prefix tree',
  purpose: 'Samples that begin alike are a tree. Where they part, the rewards say which branch was better.',
  minutes: 6,
  pages: [
    {
      title: 'Answers that share a beginning',
      set: { view: 'grpo', lanes: ['value'], layout: 'tree' },
      say: [
        say`Equal beginnings are merged here: each cell stands for all samples that go through it. Its value is the mean reward of those samples.`,
        say`After ${code((view) => glyphOf(view, start(view)))} it is ${number((view) => after(view, start(view)))}.`,
      ],
      highlight: 'lane value',
      holds: [
        {
          claim: 'the value lies between all wrong and all right',
          test: (view) => after(view, start(view)) > 0 && after(view, start(view)) < 1,
        },
      ],
    },
    {
      title: 'Where does the value drop?',
      set: { view: 'tempo', lanes: ['value'] },
      say: [
        say`TEMPO adds the change of the prefix value at each token to GRPO’s advantage. Where will it put the blame in ${code(wrongText)}?`,
      ],
      predict: {
        question: 'Click the token of a wrong answer that TEMPO blames the most.',
        answer: (view) => strongest(view, blame(view)),
        reveal: say`At ${code((view) => glyphOf(view, wrongDigit(view)))} the value falls from ${number((view) => before(view, wrongDigit(view)))} to ${number((view) => after(view, wrongDigit(view)))}, so it gets ${signed((view) => creditAt(view, wrongDigit(view)))}; the separator after it, where nothing changed, keeps GRPO’s share.`,
      },
      holds: [
        { claim: 'the value falls at the wrong digit', test: (view) => after(view, wrongDigit(view)) < before(view, wrongDigit(view)) },
        {
          claim: 'TEMPO blames the wrong digit more than GRPO does',
          test: (view) => creditAt(view, wrongDigit(view), 'tempo') < creditAt(view, wrongDigit(view), 'grpo'),
        },
        {
          claim: 'TEMPO blames no token of the group more',
          test: (view) =>
            strongest(view, blame(view)).some(
              ({ response, position }) => response === wrongDigit(view)?.response && position === wrongDigit(view)?.position,
            ),
        },
      ],
    },
    {
      title: 'The tree’s term alone',
      set: { view: 'tree-td', lanes: ['value', 'trueAdvantage'], pin: wrongDigit },
      say: [
        say`Without GRPO’s share, only branchings are left: the separator gets ${signed((view) => creditAt(view, format(view)))}, the wrong digit ${signed((view) => creditAt(view, wrongDigit(view)))}. Beside it stands the truth, which this small model lets us compute.`,
      ],
      holds: [
        { claim: 'a token at which no samples part gets nothing', test: (view) => Math.abs(creditAt(view, format(view))) < 1e-9 },
        { claim: 'the wrong digit is blamed', test: (view) => creditAt(view, wrongDigit(view)) < 0 },
      ],
      tryIt: { say: say`Switch to the prefix tree (key ${code(() => 'T')}) and find the branching.`, isDone: (now) => now.isTree },
    },
    {
      title: 'What a tree cannot see',
      set: { view: 'tempo', lanes: ['value', 'visits'], rows: 'trie' },
      say: [
        say`Where only one sample is left, its reward is all there is: value after and before are equal, and the branch says nothing more. More samples a prompt make the tree finer; then try the size of the group under Methods and knobs, and train.`,
      ],
      highlight: 'lane visits',
    },
  ],
  notes: [
    'Ask for the value of a node by hand: count right answers through it.',
    'Tree TD is the lab’s own ablation, not a published method.',
  ],
  answers: ['The first token after which the sample leaves all right ones.', 'At the wrong digit of each wrong answer in steps.'],
};

function blame(view: LessonView): Float64Array {
  const credit = view.credit('tempo')?.credit ?? new Float64Array(0);
  return credit.map((value) => Math.min(0, value || 0));
}
