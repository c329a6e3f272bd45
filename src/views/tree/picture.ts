import type { RolloutBatch } from '../../core/batch.ts';
import type { Task } from '../../core/tasks/types.ts';
import { inkOn } from '../../ui/colour.ts';
import { rampColour, rampPosition } from '../matrix/colours.ts';
import { cellNumber, isRight, visibleGlyph } from '../matrix/text.ts';
import type { LaneView, Theme } from '../matrix/types.ts';
import { chainTree } from './chains.ts';
import type { Chain } from './chains.ts';
import { tidyLayout } from './tidyLayout.ts';
import type { TidyLayout } from './tidyLayout.ts';

export interface TreeInput {
  batch: RolloutBatch;
  task: Task;
  group: number;
  /** Which lane fills the boxes: a box shows the mean of its first token, the one that the model chose at the branch. */
  view: LaneView;
}

/** The tree on the screen, for who draws the same elsewhere. */
export const shown: { tree: TreeInput | null } = { tree: null };

const MAX_PROMPT_GLYPHS = 12;

export function chainText({ batch, task, group }: TreeInput, chain: Chain): string {
  const ids = chain.position < 0 ? batch.groups[group].prompt : chain.tokens;
  return ids.map((token) => visibleGlyph(task.vocabulary[token] ?? '?')).join('');
}

export interface TreePicture extends TidyLayout {
  /** Samples of the whole tree. */
  count: number;
}

export function treePicture(input: TreeInput): TreePicture {
  const tree = chainTree(input.batch, input.group);
  const layout = tidyLayout(tree, (chain) => Math.min(MAX_PROMPT_GLYPHS, chainText(input, chain).length));
  return { ...layout, count: tree.count };
}

/** Mean of the lane over the samples at the first token of a chain; NaN where none has a number. */
function chainNumber({ batch, view }: TreeInput, chain: Chain): number {
  if (chain.position < 0) return view.promptValue ?? Number.NaN;
  const numbers = chain.responses
    .map((i) => view.values[batch.responses[i].start + chain.position])
    .filter((value) => !Number.isNaN(value));
  return numbers.length === 0 ? Number.NaN : numbers.reduce((a, b) => a + b, 0) / numbers.length;
}

export interface BoxModel {
  text: string;
  /** As printed; empty where there is none. */
  number: string;
  hasNumber: boolean;
  /** CSS colours; undefined where the style sheet decides. */
  fill: string | undefined;
  ink: string | undefined;
  isLeaf: boolean;
  isRight: boolean;
}

/** What one box says. */
export function boxModel(input: TreeInput, chain: Chain, theme: Theme): BoxModel {
  const { view, batch } = input;
  const value = chainNumber(input, chain);
  const hasNumber = !Number.isNaN(value);
  const fill = hasNumber ? rampColour(rampPosition(value, view, 1), view.lane, theme) : undefined;
  return {
    text: chainText(input, chain),
    number: cellNumber(value, view.lane),
    hasNumber,
    fill,
    ink: fill && inkOn(fill),
    isLeaf: chain.children.length === 0,
    isRight: chain.responses.some((i) => isRight(batch.responses[i].reward)),
  };
}
