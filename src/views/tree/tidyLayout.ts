import { hierarchy, tree } from 'd3-hierarchy';
import type { Chain } from './chains.ts';

export const BOX_HEIGHT = 38;
const ROW_PITCH = 44;
const COLUMN_GAP = 40;
const GLYPH_WIDTH = 10;
/** Room for `+0.82 · n12 ✓`. */
const MIN_BOX_WIDTH = 96;
const BOX_PADDING = 20;

/** A placed box; lengths in CSS px, boxes in pre-order (reading order). */
export interface TidyBox {
  chain: Chain;
  index: number;
  /** Index of the parent's box, −1 at the root. */
  parent: number;
  children: number[];
  level: number;
  left: number;
  top: number;
  width: number;
}

export interface TidyLayout {
  boxes: TidyBox[];
  width: number;
  height: number;
}

/** Boxes as wide as their text. @param glyphs length of the text of a chain in monospace glyphs */
export function tidyLayout(root: Chain, glyphs: (chain: Chain) => number): TidyLayout {
  const placed = tree<Chain>()
    .nodeSize([ROW_PITCH, 1])
    .separation(() => 1)(hierarchy(root, (chain) => chain.children));
  const boxes: TidyBox[] = [];
  const indexOf = new Map<unknown, number>();
  const widths: number[] = [];
  placed.eachBefore((node) => {
    const parent = node.parent ? (indexOf.get(node.parent) ?? -1) : -1;
    const index = boxes.length;
    indexOf.set(node, index);
    const width = Math.max(MIN_BOX_WIDTH, glyphs(node.data) * GLYPH_WIDTH + BOX_PADDING);
    widths[node.depth] = Math.max(widths[node.depth] ?? 0, width);
    boxes.push({ chain: node.data, index, parent, children: [], level: node.depth + 1, left: 0, top: node.x, width });
    if (parent >= 0) boxes[parent].children.push(index);
  });
  // A column for each level, as wide as its widest box: the layout keeps boxes of one level apart, but not of two.
  const lefts = widths.map((_, level) => widths.slice(0, level).reduce((sum, width) => sum + width + COLUMN_GAP, 0));
  for (const box of boxes) box.left = lefts[box.level - 1];
  const top = boxes.reduce((least, box) => Math.min(least, box.top), 0);
  for (const box of boxes) box.top -= top;
  return {
    boxes,
    width: boxes.reduce((most, box) => Math.max(most, box.left + box.width), 0),
    height: boxes.reduce((most, box) => Math.max(most, box.top + BOX_HEIGHT), 0),
  };
}

/** Where a key moves the focus in the tree (ARIA authoring practices, tree view), or null where the key is not for the tree. */
export function moveInTree(boxes: readonly Pick<TidyBox, 'parent' | 'children'>[], at: number, key: string): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(boxes.length - 1, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'ArrowRight':
      return boxes[at].children[0] ?? at;
    case 'ArrowLeft':
      return boxes[at].parent < 0 ? at : boxes[at].parent;
    case 'Home':
      return 0;
    case 'End':
      return boxes.length - 1;
    default:
      return null;
  }
}
