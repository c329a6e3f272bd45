import { describe as suite, expect, it } from 'vitest';
import type { RolloutBatch, Span } from '../../core/batch.ts';
import { describe } from './describe.ts';
import type { DescribeInput, Part } from './describe.ts';

const GLYPHS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'S', 'D', '>', '.'];

/** The eight samples of the mock-up: `S0>8>1.` three times and `D1.` right, `S0>8>9.` and three of `D` wrong. */
function eight(rewards: readonly number[] = [1, 1, 1, 1, 0, 0, 0, 0]): RolloutBatch {
  const texts = ['S0>8>1.', 'S0>8>1.', 'S0>8>1.', 'D1.', 'S0>8>9.', 'D7.', 'D9.', 'D4.'];
  const tokens: number[] = [];
  const responses = texts.map((words, i) => {
    const start = tokens.length;
    for (const glyph of words) tokens.push(GLYPHS.indexOf(glyph));
    const spans: Span[] = words === 'S0>8>9.' ? [{ kind: 'step', start: 5, end: 6, label: '8+3=9', correct: false }] : [];
    return { group: 0, start, end: tokens.length, reward: rewards[i], spans };
  });
  return {
    groups: [{ prompt: [1], start: 0, end: 8 }],
    responses,
    tokens: Int32Array.from(tokens),
    fields: { entropies: Float64Array.from(tokens, (token) => (token >= 12 ? 0.01 : 0.69)) },
    updates: [],
    baseTemperature: 1,
  };
}

/** One list of numbers a response. */
function perRow(batch: RolloutBatch, rows: readonly (readonly number[])[]): Float64Array {
  const out = new Float64Array(batch.tokens.length);
  batch.responses.forEach(({ start, end }, i) => {
    for (let t = start; t < end; t++) out[t] = rows[i].length === 1 ? rows[i][0] : rows[i][t - start];
  });
  return out;
}

const flatRows = [[0.94], [0.94], [0.94], [0.94], [-0.94], [-0.94], [-0.94], [-0.94]];
const treeRight = [1.4, 0.94, 0.94, 0.94, 0.94, 1.4, 0.94];
const treeRows = [
  treeRight,
  treeRight,
  treeRight,
  [0.47, 2.34, 0.94],
  [-0.47, -0.94, -0.94, -0.94, -0.94, -2.34, -0.94],
  [-1.4, -1.4, -0.94],
  [-1.4, -1.4, -0.94],
  [-1.4, -1.4, -0.94],
];

function say(change: Partial<DescribeInput> & { batch: RolloutBatch }): string {
  const values = change.values ?? perRow(change.batch, flatRows);
  const parts: Part[] = describe({
    group: 0,
    vocabulary: GLYPHS,
    title: 'FLAT',
    family: 'baseline',
    values,
    advantages: values,
    ratios: null,
    clipState: new Uint8Array(change.batch.tokens.length),
    worth: null,
    flat: null,
    ...change,
  });
  return parts.map((part) => part.text).join('');
}

suite('a method without a policy gradient', () => {
  it('is said to have none, whatever the rewards', () => {
    const batch = eight();
    const nothing = new Float64Array(batch.tokens.length);
    const words = 'FLAT credits no token: it has no policy gradient and trains only its own numbers.';
    expect(say({ batch, values: nothing, advantages: nothing, isWithoutGradient: true })).toBe(words);
    expect(say({ batch, values: nothing, advantages: nothing })).toBe('FLAT gives no token of this prompt any credit at this update.');
  });
});

suite('the sentence', () => {
  it('does not print noughts as numbers', () => {
    expect(say({ batch: eight(), values: perRow(eight(), [...flatRows.slice(0, 7), [0]]).map((value) => value / 1000) })).toBe(
      'FLAT gives this prompt hardly any credit: less than 0.005 on every token.',
    );
  });
  it('of a flat method counts the tokens that share one number, and what speaks against it', () => {
    expect(say({ batch: eight() })).toBe(
      'FLAT blames every token of S0>8>9. alike: −0.94 seven times, although three of the four samples through S0>8> were right.',
    );
  });

  it('of a flat method whose ratios have moved a little says about', () => {
    const batch = eight();
    const ratios = new Float64Array(batch.tokens.length).map((_, i) => (i % 3 === 0 ? 1.04 : 1));
    const values = perRow(batch, flatRows).map((value, i) => value * ratios[i]);
    expect(say({ batch, values, ratios, advantages: perRow(batch, flatRows) })).toBe(
      'FLAT blames every token of S0>8>9. alike: about −0.96 each, although three of the four samples through S0>8> were right.',
    );
  });

  it('of a flat method whose ratios have moved far names the advantage instead', () => {
    const batch = eight();
    const ratios = new Float64Array(batch.tokens.length).map((_, i) => (i % 3 === 0 ? 1.3 : 1));
    const values = perRow(batch, flatRows).map((value, i) => value * ratios[i]);
    expect(say({ batch, values, ratios, advantages: perRow(batch, flatRows) })).toBe(
      'FLAT gives every token of S0>8>9. the same advantage, −0.94, although three of the four samples through S0>8> were right.',
    );
  });

  it('does not call a method flat whose loss redistributes a flat advantage', () => {
    const batch = eight();
    const rows = [[0.9], [0.9], [0.9], [0.9], [-1.2, -1.2, 0, -1.2, 0, -1.2, 0], [-0.9], [-0.9], [-0.9]];
    const ratios = new Float64Array(batch.tokens.length).fill(1);
    expect(say({ batch, title: 'MOVED', family: 'other', values: perRow(batch, rows), advantages: perRow(batch, flatRows), ratios })).toBe(
      'MOVED puts −1.20 on S and nothing on >.',
    );
  });

  it('of a tree method names the branch and the samples through it', () => {
    const batch = eight();
    expect(say({ batch, title: 'TREE', family: 'tree', values: perRow(batch, treeRows) })).toBe(
      'TREE puts −2.34 on the wrong 9 and only −0.47 on S: three of the four samples through S0>8> were right.',
    );
  });

  it('of the truth names the chance of the reward before and after the token', () => {
    const batch = eight();
    // Three right answers through S, one right D, one wrong S at its sixth token, three wrong D.
    const truth = perRow(batch, [[0.1], [0.1], [0.1], [-0.1], [0.26, 0.1, 0, 0.11, 0, -0.88, 0], [-0.1], [-0.1], [-0.1]]);
    const after = truth.map((a) => (a === -0.88 ? 0.02 : 0.9));
    expect(
      say({
        batch,
        title: 'TRUE',
        family: 'truth',
        values: truth,
        worth: { before: after.map((value, t) => value - truth[t]), after },
        flat: { title: 'FLAT', values: perRow(batch, flatRows), clipState: new Uint8Array(batch.tokens.length) },
      }),
    ).toMatch(
      /^TRUE puts −0.88 on .* and nothing on >: the chance of the reward went from 0.90 to 0.02 there; FLAT gives all seven tokens −0.94\.$/,
    );
  });
  it('of an entropy method names the entropies, and the flat number beside them', () => {
    const batch = eight();
    const rows = [[0.9], [0.9], [0.9], [0.9], [-1.2, -1.2, -0.31, -1.2, -0.31, -1.2, -0.31], [-0.9], [-0.9], [-0.9]];
    expect(
      say({
        batch,
        title: 'SURE',
        family: 'entropy',
        values: perRow(batch, rows),
        flat: { title: 'FLAT', values: perRow(batch, flatRows), clipState: new Uint8Array(batch.tokens.length) },
      }),
    ).toBe(
      'SURE puts −1.20 on S and only −0.31 on >: the model’s entropy was 0.69 nats at S and 0.01 at >; FLAT gives all seven tokens −0.94.',
    );
  });

  it('leaves clipped tokens out of the comparison', () => {
    const batch = eight();
    const values = perRow(batch, treeRows);
    const clipState = new Uint8Array(values.length);
    const nine = batch.responses[4].start + 5;
    values[nine] = 0;
    clipState[nine] = 1;
    expect(say({ batch, title: 'TREE', family: 'tree', values, clipState })).toBe(
      'TREE puts +2.34 on 1 and only +0.47 on D: only one of the four samples through D was right.',
    );
  });

  it('counts what the method leaves out as nothing, and does not call the rest of the answer all of it', () => {
    const batch = eight();
    const values = perRow(batch, flatRows);
    const clipState = new Uint8Array(values.length);
    const { start, end } = batch.responses[4];
    for (let t = start + 1; t < end; t++) {
      values[t] = 0;
      clipState[t] = 3;
    }
    expect(say({ batch, title: 'SOME', values, clipState })).toMatch(/^SOME puts [+−]\d\.\d\d on S and nothing on /);
  });

  it('says when there is nothing to compare', () => {
    const batch = eight([1, 1, 1, 1, 1, 1, 1, 1]);
    const none = new Float64Array(batch.tokens.length);
    expect(say({ batch, values: none })).toBe('All eight samples were right, so FLAT has nothing to compare: no token gets any credit.');
    expect(say({ batch, values: none.map(() => Number.NaN) })).toBe(
      'FLAT leaves this prompt out of the update: all eight samples were right.',
    );
    expect(say({ batch: eight(), values: none.map(() => Number.NaN) })).toBe(
      'FLAT leaves this prompt out of the update: its sampling stage does not keep this group.',
    );
    expect(say({ batch: eight(), values: none })).toBe('FLAT gives no token of this prompt any credit at this update.');
  });

  it('averages rewards that are not 0 or 1', () => {
    const batch = eight([1, 1, 0.5, 1, 0.1, 0, 0, 0]);
    expect(say({ batch, title: 'TREE', family: 'tree', values: perRow(batch, treeRows) })).toBe(
      'TREE puts −2.34 on the wrong 9 and only −0.47 on S: the four samples through S0>8> scored 0.65 on average.',
    );
  });

  it('speaks of one token of many when a response has opposite signs', () => {
    const batch = eight();
    const rows = [...treeRows.slice(0, 4), [0.5, -1, -1, -1, -1, -2, -1], ...treeRows.slice(5)];
    expect(say({ batch, title: 'TREE', family: 'other', values: perRow(batch, rows) })).toBe(
      'TREE puts −2.00 on the wrong 9 but +0.50 on S.',
    );
  });
});
