import { describe, expect, it } from 'vitest';
import { CLIP_STATE } from '../../core/pipeline.types.ts';
import { chainSum } from '../../core/tasks/chainSum.ts';
import { testBatch } from '../../state/testLab.ts';
import { headerModels } from '../matrix/headers.ts';
import { orderRows } from '../matrix/rows.ts';
import type { LaneView, MatrixPanelProps } from '../matrix/types.ts';
import { matrixFigure } from './matrixFigure.ts';
import { treeFigure } from './treeFigure.ts';

const batch = testBatch();
const count = batch.tokens.length;
const CREDIT = { id: 'credit', label: 'Credit', unit: 'none', kind: 'diverging', domain: 'auto', trace: 'credit', meaning: '' } as const;

const view: LaneView = {
  lane: CREDIT,
  values: Float64Array.from({ length: count }, (_, t) => (t === 2 ? NaN : t === 1 ? 3 : -0.5)),
  domain: [-1, 1],
  clipState: Uint8Array.from({ length: count }, (_, t) => (t === 3 ? CLIP_STATE.clipped : CLIP_STATE.none)),
};

const shownWith = (change: Partial<MatrixPanelProps>) => {
  const rows = orderRows(batch, 0, change.merged ? 'trie' : 'sampled');
  const props: MatrixPanelProps = {
    batch,
    task: chainSum,
    group: 0,
    rowOrder: 'sampled',
    lanes: [view],
    merged: false,
    pin: null,
    theme: 'dark',
    onPin: () => undefined,
    creditHeader: null,
    preview: null,
    onFlipReward: () => undefined,
    onEditResponse: () => undefined,
    highlight: null,
    ...change,
  };
  return { props, rows, headers: headerModels(batch, rows, view.values) };
};

const cells = (body: string): string[] => [...body.matchAll(/<g class="cell">.*?<\/g>/g)].map(([cell]) => cell);
const texts = (cell: string, role: string): string[] =>
  [...cell.matchAll(new RegExp(`<text class="${role}"[^>]*>([^<]*)`, 'g'))].map(([, text]) => text);

describe('the figure of the matrix', () => {
  it('has the cells of the page: glyph, number, hatch, corner, and nothing where there is no number', () => {
    const all = cells(matrixFigure(shownWith({})).body);
    expect(all.length).toBe(7 + 7 + 3 + 3);
    expect(
      all
        .slice(0, 7)
        .flatMap((cell) => texts(cell, 'glyph'))
        .join(''),
    ).toBe('S0&gt;8&gt;1.');
    expect(all.slice(0, 4).map((cell) => texts(cell, 'number').join())).toEqual(['−0.50', '+3.00', '', '−0.50']);
    expect(all[3]).toContain('url(#clipped-');
    expect(all[0]).not.toContain('url(#');
    expect(all[1]).toContain('h8v8z');
    expect(all[2]).toContain('stroke-dasharray');
    expect(all[0]).toContain('<title>response 1, token 1 &#39;S&#39; (credit) −0.50</title>');
  });
  it('is in print colours though the page is dark, with row headers and the ends of the ramp', () => {
    const { body, defs } = matrixFigure(shownWith({}));
    expect(body).toBe(matrixFigure(shownWith({ theme: 'light' })).body);
    expect(body).toContain('>7 tok</text>');
    expect([...body.matchAll(/class="sum"[^>]*>([^<]*)/g)].map(([, text]) => text)).toEqual(['Σ +0.50', 'Σ −3.50', 'Σ −1.50', 'Σ −1.50']);
    expect(body).toContain('>−1</text>');
    expect(body).toContain('>≥ +1</text>');
    expect(defs).toContain('<linearGradient id="ramp-0-0">');
  });
  it('merges equal prefixes as the page does, and says how many samples pass', () => {
    const all = cells(matrixFigure(shownWith({ merged: true })).body);
    const strategy = all.find((cell) => texts(cell, 'glyph')[0] === 'S')!;
    expect(texts(strategy, 'number')).toEqual(['−0.50', 'n2']);
    expect(strategy).toContain('height="73"');
  });
  it('puts lanes that do not fit beside each other below each other', () => {
    const one = matrixFigure(shownWith({}));
    const many = matrixFigure(shownWith({ lanes: [view, view, view, view, view] }));
    expect(many.width).toBeLessThanOrEqual(1500);
    expect(many.height).toBeGreaterThan(1.9 * one.height);
  });
});

describe('the figure of the tree', () => {
  it('has the boxes of the page', () => {
    const { body } = treeFigure({ batch, task: chainSum, group: 0, view });
    const boxes = [...body.matchAll(/<g class="box">.*?<\/g>/g)].map(([box]) =>
      [...box.matchAll(/>([^<>]*)<\/text>/g)].map(([, text]) => text).join(' '),
    );
    expect(boxes[0]).toBe('1+9+8+3= n4');
    expect(boxes).toContain('1. −0.50 · n1 ✓');
    expect(boxes).toContain('9. −0.50 · n1 ✗');
  });
});
