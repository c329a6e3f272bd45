import { describe, expect, it } from 'vitest';
import { numberTex, parseTemplate, splitRemark, symbolTex, texNumber } from './formulaTemplate.ts';

const template = '\\frac{[[reward|r]] - [[groupMean|\\bar r]]}{[[groupStd|\\sigma]] + 10^{-6}}';

describe('parseTemplate', () => {
  it('splits terms from KaTeX', () => {
    expect(parseTemplate(template)).toEqual([
      { kind: 'tex', latex: '\\frac{' },
      { kind: 'term', index: 0, trace: 'reward', latex: 'r' },
      { kind: 'tex', latex: ' - ' },
      { kind: 'term', index: 1, trace: 'groupMean', latex: '\\bar r' },
      { kind: 'tex', latex: '}{' },
      { kind: 'term', index: 2, trace: 'groupStd', latex: '\\sigma' },
      { kind: 'tex', latex: ' + 10^{-6}}' },
    ]);
  });
  it('keeps single brackets, bars after the first, and names without latex', () => {
    expect(parseTemplate('[ [[knob:clipLow|A[s|a]]] ]').filter((part) => part.kind === 'term')[0]).toMatchObject({ trace: 'knob:clipLow' });
    expect(parseTemplate('[[a|P(x|y)]]')).toEqual([{ kind: 'term', index: 0, trace: 'a', latex: 'P(x|y)' }]);
    expect(parseTemplate('[[ref.kl]]')[0]).toMatchObject({ trace: 'ref.kl', latex: '\\mathrm{ref\\ kl}' });
    expect(parseTemplate('x')).toEqual([{ kind: 'tex', latex: 'x' }]);
  });
});

describe('splitRemark', () => {
  it('cuts words off the end and keeps the numbering of terms', () => {
    const { equation, remark } = splitRemark(parseTemplate('[[a|A]]\\quad x\\quad\\text{with } h = [[b|h]]'));
    expect(symbolTex(equation)).toBe('\\htmlData{term=0}{A}\\quad x');
    expect(numberTex(remark, () => 2)).toBe('\\text{with } h = \\htmlData{term=1}{2}');
  });
  it('leaves a formula without words whole', () => {
    expect(splitRemark(parseTemplate('[[a|A]]'))).toEqual({ equation: parseTemplate('[[a|A]]'), remark: [] });
  });
});

describe('symbolTex and numberTex', () => {
  it('mark each term with its index', () => {
    expect(symbolTex(parseTemplate('[[a|r]] - [[b|\\bar r]]'))).toBe('\\htmlData{term=0}{r} - \\htmlData{term=1}{\\bar r}');
  });
  it('put numbers in, with brackets round a minus that follows an operator', () => {
    const values: Record<string, number> = { a: 0, b: -0.5, c: 0.5346 };
    const latex = numberTex(parseTemplate('\\frac{[[b|x]] - [[b|y]]}{[[c|z]]}'), (name) => values[name]);
    expect(latex).toBe('\\frac{\\htmlData{term=0}{-0.5} - \\htmlData{term=1}{(-0.5)}}{\\htmlData{term=2}{0.535}}');
  });
  it('leave an exponent without brackets', () => {
    expect(numberTex(parseTemplate('e^{[[a|x]]}'), () => -2)).toBe('e^{\\htmlData{term=0}{-2}}');
    expect(numberTex(parseTemplate('e^[[a|x]]'), () => -2)).toBe('e^\\htmlData{term=0}{-2}');
  });
});

describe('texNumber', () => {
  it.each([
    [0, '0'],
    [-1, '-1'],
    [0.75, '0.75'],
    [1.4, '1.4'],
    [0.0123, '0.0123'],
    [123.456, '123.5'],
    [0.00012, '1.2{\\times}10^{-4}'],
    [-2.5e7, '-2.5{\\times}10^{7}'],
    [1e-6, '10^{-6}'],
    [Infinity, '\\infty'],
    [NaN, '\\text{–}'],
  ])('%d → %s', (value, latex) => expect(texNumber(value)).toBe(latex));
});
