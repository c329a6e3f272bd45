import { describe, expect, it } from 'vitest';
import { eight, testTask } from '../matrix/testBatch.ts';
import { promptName } from './BatchOverview.tsx';
import { overviewLayout } from './overviewLayout.ts';

describe('overview of the batch', () => {
  it('puts prompts side by side and wraps them', () => {
    const layout = overviewLayout(
      [
        { rows: 8, columns: 7 },
        { rows: 8, columns: 3 },
        { rows: 8, columns: 10 },
      ],
      130,
    );
    expect(layout.blocks).toEqual([
      { group: 0, left: 0, top: 0, width: 38, height: 32 },
      { group: 1, left: 48, top: 0, width: 24, height: 32 },
      { group: 2, left: 0, top: 42, width: 53, height: 32 },
    ]);
    expect([layout.width, layout.height]).toEqual([72, 74]);
  });

  it('narrows long responses until two prompts stand side by side, and no further', () => {
    const long = (columns: number) =>
      overviewLayout(
        [
          { rows: 8, columns },
          { rows: 8, columns },
        ],
        270,
      ).blocks.map(({ left, width }) => [left, width]);
    // (270 − 10) / 2 − 3 = 127 px for 34 tokens: 3 px each; 50 tokens would want 2.
    expect(long(34)).toEqual([
      [0, 105],
      [115, 105],
    ]);
    expect(long(50)).toEqual([
      [0, 153],
      [0, 153],
    ]);
  });

  it('names a prompt by its text and its score', () => {
    expect(promptName(eight, testTask, 0)).toBe('prompt 1 of 1, 1+9+8+3=, 4 of 8 right');
  });
});
