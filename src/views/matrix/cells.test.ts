import { describe, expect, it } from 'vitest';
import { laneCells } from './cells.ts';
import type { CellsInput } from './cells.ts';
import { rampPosition } from './colours.ts';
import { creditSum, headerModels } from './headers.ts';
import { orderRows } from './rows.ts';
import { eight, testLane, testTask, textBatch } from './testBatch.ts';
import { tipText } from './tip.ts';
import type { LaneView } from './types.ts';

const credit: LaneView = {
  lane: testLane('diverging', 'Credit'),
  values: Float64Array.from(eight.tokens, (_, i) => (i < 7 ? 1 : -3)),
  domain: [-2, 2],
};

function cells(view: LaneView = credit, change: Partial<Omit<CellsInput, 'props'>> & { props?: Partial<CellsInput['props']> } = {}) {
  const props: CellsInput['props'] = {
    batch: eight,
    task: testTask,
    group: 0,
    merged: false,
    theme: 'light',
    pin: null,
    highlight: null,
    preview: null,
    ...change.props,
  };
  const rows = orderRows(props.batch, 0, props.merged ? 'trie' : 'sampled');
  return laneCells({ rows, view, density: 'numbers', encoding: 'fill', gamma: 1, strip: false, showPrompt: true, ...change, props });
}

describe('cells of a lane', () => {
  it('has one for every token, with glyph, number, colour and black or white ink', () => {
    const all = cells();
    expect(all).toHaveLength(40);
    expect(all[0]).toMatchObject({
      row: 0,
      column: 0,
      span: 1,
      response: 0,
      glyph: 'S',
      number: '+1.00',
      fill: '#7db3e6',
      ink: '#000',
      className: 'mx-cell',
    });
    expect(all[7]).toMatchObject({
      row: 1,
      column: 0,
      glyph: 'D',
      number: '−3.00',
      fill: '#9a4a00',
      ink: '#fff',
      className: 'mx-cell is-beyond',
    });
  });

  it('leaves a token without a number empty', () => {
    const values = credit.values.slice();
    values[2] = Number.NaN;
    expect(cells({ ...credit, values })[2]).toMatchObject({ number: '', fill: '', className: 'mx-cell is-void' });
  });

  it('hatches by clip state, and flat where the group has no signal', () => {
    const clipState = new Uint8Array(40);
    clipState[1] = 1;
    clipState[2] = 2;
    clipState[3] = 3;
    const view = { ...credit, clipState };
    expect(
      cells(view)
        .slice(0, 4)
        .map((cell) => cell.className),
    ).toEqual(['mx-cell', 'mx-cell is-clipped', 'mx-cell is-dual', 'mx-cell is-masked']);
    expect(cells({ ...view, noSignal: true })[7]).toMatchObject({ className: 'mx-cell is-flat', fill: '#f7f7f7' });
  });

  it('rings the pinned token and the cells of a formula term', () => {
    const all = cells(credit, { props: { pin: { group: 0, response: 1, position: 2 }, highlight: [{ response: 0, position: 0 }] } });
    expect(all.filter((cell) => cell.className.includes('is-pinned')).map((cell) => cell.response * 10 + cell.column)).toEqual([12]);
    expect(all.filter((cell) => cell.className.includes('is-marked')).map((cell) => cell.response * 10 + cell.column)).toEqual([0]);
    expect(
      cells(credit, { props: { pin: { group: 3, response: 1, position: 2 } } }).some((cell) => cell.className.includes('is-pinned')),
    ).toBe(false);
  });

  it('underlines wrong steps', () => {
    const batch = {
      ...eight,
      responses: eight.responses.map((r, i) =>
        i === 1 ? { ...r, spans: [{ kind: 'step' as const, start: 1, end: 2, label: '', correct: false }] } : r,
      ),
    };
    expect(cells(credit, { props: { batch } }).flatMap((cell, i) => (cell.className.includes('is-wrong') ? [i] : []))).toEqual([8]);
  });

  it('shows a preview in its lane only', () => {
    const preview = { laneId: 'credit', values: new Float64Array(40).fill(0.5) };
    expect(cells(credit, { props: { preview } })[0]).toMatchObject({ number: '+0.50', className: 'mx-cell is-preview' });
    expect(cells(credit, { props: { preview: { ...preview, laneId: 'other' } } })[0].number).toBe('+1.00');
  });

  it('merges equal prefixes: mean, count, and one cell', () => {
    const all = cells(credit, { props: { merged: true } });
    // S of responses 0 (+1), 2, 4 and 6 (−3 each): mean −2.
    expect(all[0]).toMatchObject({ span: 4, number: '−2.00\nn4', name: "token 1 'S' (mean credit) −2.00, n4 responses" });
    expect(all).toHaveLength(18);
  });

  it("puts V(s_0) in the prompt's cell beside all rows", () => {
    const view: LaneView = { lane: testLane('sequential', 'Value'), values: new Float64Array(40), domain: [0, 1], promptValue: 0.5 };
    expect(cells(view)[0]).toMatchObject({
      row: 0,
      column: -1,
      span: 8,
      glyph: '=',
      number: '0.50',
      name: 'prompt, before the first token, value 0.50',
    });
  });

  it('draws signed bars, also in a strip, where a fill alone would say the sign', () => {
    expect(cells(credit, { encoding: 'bars' })[0]).toMatchObject({ bar: 0.5, number: '', fill: '', glyph: 'S' });
    expect(cells(credit, { strip: true })[7]).toMatchObject({ bar: -1, number: '', glyph: '' });
  });

  it('prints the sign at glyph density', () => {
    expect(cells(credit, { density: 'glyph' })[7].number).toBe('−');
  });
});

it('stretches small values by the exponent ½', () => {
  expect(rampPosition(0.5, credit, 0.5)).toBe(0.5);
  expect(rampPosition(-0.5, credit, 0.5)).toBe(-0.5);
  expect(rampPosition(0.25, { lane: testLane('sequential', 'Entropy'), domain: [0, 1] }, 0.5)).toBe(0.5);
});

describe('row headers', () => {
  const batch = textBatch({
    '1+1=': [
      ['2.', 1],
      ['3>', 0.4],
    ],
  });
  const rows = orderRows(batch, 0, 'sampled');

  it('sum the credit lane and leave out tokens without a number', () => {
    const values = Float64Array.of(1.5, Number.NaN, Number.NaN, Number.NaN);
    expect(rows.map((row) => creditSum(values, row))).toEqual([1.5, Number.NaN]);
    expect(headerModels(batch, rows, values).map((header) => header.sum)).toEqual(['Σ +1.50', 'Σ –']);
  });

  it('lose a digit from 10', () => {
    expect(headerModels(batch, rows, Float64Array.of(10, 2.34, -4.5, 0)).map((header) => header.sum)).toEqual(['Σ +12.3', 'Σ −4.50']);
  });

  it('name the buttons, and print a reward that is neither 0 nor 1', () => {
    expect(headerModels(batch, rows, new Float64Array(4))[1]).toMatchObject({
      isRight: false,
      reward: '0.40',
      tokens: '2 tok',
      flipName: 'response 2 is wrong: make it right',
      editName: 'edit response 2',
    });
  });
});

it("lists a token's number in every lane in the tooltip, and the range of a merged one", () => {
  const props = {
    batch: eight,
    task: testTask,
    group: 0,
    lanes: [{ ...credit, clipState: Uint8Array.from(eight.tokens, (_, i) => (i === 0 ? 1 : 0)) }],
  };
  const plain = tipText(props, orderRows(eight, 0, 'sampled'), cells()[0]);
  expect(plain).toEqual({ title: 'response 1 · token 1 · S', lines: [{ label: 'Credit', value: '+1', note: 'clipped' }] });
  const merged = tipText(props, orderRows(eight, 0, 'trie'), cells(credit, { props: { merged: true } })[0]);
  expect(merged).toEqual({
    title: '4 responses · token 1 · S',
    lines: [{ label: 'Credit', value: '−3 to +1', note: 'clipped in 1 of 4' }],
  });
  const states = Uint8Array.from(eight.tokens, (_, i) => (i === 0 ? 1 : 3));
  const mixed = tipText(
    { ...props, lanes: [{ ...credit, clipState: states }] },
    orderRows(eight, 0, 'trie'),
    cells(credit, { props: { merged: true } })[0],
  );
  expect(mixed.lines[0].note).toBe('clipped in 1 of 4, left out of the loss in 3 of 4');
});
