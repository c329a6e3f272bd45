/** Gap between two prompts and width of the reward mark before a row, CSS px. */
const BLOCK_GAP = 10;
const MARK_WIDTH = 3;
/** The least that a pointer can hit. */
const MIN_BLOCK = 24;
const CELL_WIDTH = 5;
/** Long responses give way to two prompts beside each other; of each cell 1 px is gap. */
const MIN_CELL_WIDTH = 3;
const CELL_HEIGHT = 4;

/** The place of one prompt; its responses are rows, its tokens columns. Lengths are CSS px. */
export interface Block {
  group: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface OverviewLayout {
  blocks: Block[];
  width: number;
  height: number;
  cellWidth: number;
  cellHeight: number;
  /** Left edge of the first token in its block. */
  markWidth: number;
}

/**
 * Prompts from left to right, wrapped at the width.
 * @param sizes for each group its number of responses and the length of the longest, in tokens
 */
export function overviewLayout(sizes: readonly { rows: number; columns: number }[], width: number): OverviewLayout {
  const blocks: Block[] = [];
  const longest = sizes.reduce((most, { columns }) => Math.max(most, columns), 1);
  const fitting = Math.floor(((width - BLOCK_GAP) / 2 - MARK_WIDTH) / longest);
  const cellWidth = Math.max(MIN_CELL_WIDTH, Math.min(CELL_WIDTH, fitting));
  let left = 0;
  let top = 0;
  let lineHeight = 0;
  sizes.forEach(({ rows, columns }, group) => {
    const blockWidth = Math.max(MIN_BLOCK, MARK_WIDTH + columns * cellWidth);
    const blockHeight = Math.max(MIN_BLOCK, rows * CELL_HEIGHT);
    if (left > 0 && left + blockWidth > width) {
      left = 0;
      top += lineHeight + BLOCK_GAP;
      lineHeight = 0;
    }
    blocks.push({ group, left, top, width: blockWidth, height: blockHeight });
    left += blockWidth + BLOCK_GAP;
    lineHeight = Math.max(lineHeight, blockHeight);
  });
  const used = blocks.reduce((most, block) => Math.max(most, block.left + block.width), 0);
  return { blocks, width: used, height: top + lineHeight, cellWidth, cellHeight: CELL_HEIGHT, markWidth: MARK_WIDTH };
}
