import { describe, expect, it } from 'vitest';
import { decideLayout } from './layout.ts';
import type { LayoutInput } from './layout.ts';

const base: LayoutInput = {
  width: 1216,
  height: 330,
  laneIds: ['entropy', 'value', 'credit'],
  largeLane: 'credit',
  promptLanes: [],
  columns: 7,
  rows: 8,
};

describe('layout of the lanes', () => {
  it('stands side by side while three times the columns fit at 36 px, and gives spare room to the credit lane', () => {
    const layout = decideLayout(base);
    expect(layout.kind).toBe('side-by-side');
    expect(layout.lanes).toEqual([
      { laneId: 'entropy', mode: 'full', cellWidth: 42 },
      { laneId: 'value', mode: 'full', cellWidth: 42 },
      { laneId: 'credit', mode: 'full', cellWidth: 54 },
    ]);
  });

  it('turns at the last pixel: 88 + 2·18 + 3·7·37 = 901', () => {
    expect(decideLayout({ ...base, width: 901 }).kind).toBe('side-by-side');
    expect(decideLayout({ ...base, width: 901 }).lanes.map((lane) => lane.cellWidth)).toEqual([36, 36, 36]);
    expect(decideLayout({ ...base, width: 900 }).kind).toBe('strips');
  });

  it("leaves the prompt's cell out before it gives up a lane", () => {
    const withPrompt = (width: number) => decideLayout({ ...base, width, promptLanes: ['value'] });
    expect([900, 927, 928].map((width) => `${withPrompt(width).kind} ${withPrompt(width).showPrompt}`)).toEqual([
      'strips true',
      'side-by-side false',
      'side-by-side true',
    ]);
  });

  it('else has the large lane first and the others as strips', () => {
    const layout = decideLayout({ ...base, columns: 20, largeLane: 'value' });
    expect(layout.lanes.map(({ laneId, mode }) => `${laneId} ${mode}`)).toEqual(['value full', 'entropy strip', 'credit strip']);
    // 1216 − 88 − 36 − 20·37 = 352 left: 40 strip cells of 8 px with their gap, and 1 px more for each large cell.
    expect(layout.lanes.map((lane) => lane.cellWidth)).toEqual([37, 7, 7]);
  });

  it('narrows the large lane before its strips leave the panel, then shows one lane at a time', () => {
    // 20 columns: 88 + 2·18 + 20·(32 + 1) + 2·20·(3 + 1) = 944.
    const at = (width: number) => decideLayout({ ...base, width, columns: 20 });
    expect(at(944).lanes.map(({ cellWidth }) => cellWidth)).toEqual([32, 3, 3]);
    expect([at(943).kind, at(943).lanes]).toEqual(['single', [{ laneId: 'credit', mode: 'full', cellWidth: 36 }]]);
    expect(at(1024).lanes.map(({ cellWidth }) => cellWidth)).toEqual([36, 3, 3]);
  });

  it('scrolls a long lane that stands alone', () => {
    const layout = decideLayout({ ...base, width: 900, columns: 30, laneIds: ['credit'] });
    expect([layout.kind, layout.lanes[0].cellWidth]).toEqual(['strips', 36]);
  });

  it('shows one lane on a phone', () => {
    const layout = decideLayout({ ...base, width: 350, largeLane: 'entropy' });
    expect(layout.kind).toBe('single');
    expect(layout.lanes).toEqual([{ laneId: 'entropy', mode: 'full', cellWidth: 36 }]);
  });

  it('keeps rows between 28 and 40 px', () => {
    expect(decideLayout({ ...base, rows: 8, height: 304 }).rowHeight).toBe(37);
    expect(decideLayout({ ...base, rows: 2, height: 304 }).rowHeight).toBe(40);
    expect(decideLayout({ ...base, rows: 16, height: 304 }).rowHeight).toBe(28);
    expect(decideLayout({ ...base, height: 0 }).rowHeight).toBe(38);
  });
});
