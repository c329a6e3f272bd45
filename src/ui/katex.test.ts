import { describe, expect, it } from 'vitest';
import { plainTex } from './katex.ts';

describe('plainTex', () => {
  it.each([
    ['\\epsilon_{low}', 'ε_low'],
    ['\\text{(some }|A| \\ge 5\\text{ in the group)}', '(some |A| ≥ 5 in the group)'],
    ['\\text{with } h = \\htmlData{term=1}{-0.5}', 'with h = -0.5'],
    ['\\mathrm{credit}', 'credit'],
  ])('%s → %s', (latex, text) => expect(plainTex(latex)).toBe(text));
});
