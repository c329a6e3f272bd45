import katex from 'katex';
import { describe, expect, it } from 'vitest';
import { METHODS } from '../../core/methods/index.ts';
import { numberTex, parseTemplate, symbolTex } from './formulaTemplate.ts';

/** The settings of `renderTex`; to a string, because there is no page here. */
const draws = (latex: string) =>
  katex.renderToString(latex, {
    throwOnError: true,
    trust: (context) => context.command === '\\htmlData',
    strict: (code: string) => (code === 'htmlExtension' ? 'ignore' : 'error'),
  });

describe.each(METHODS.map((entry) => [entry.id, entry] as const))('the formulas of %s', (_, entry) => {
  it('can be drawn with symbols and with any number', async () => {
    const { explain } = await entry.load();
    expect(explain.length).toBeGreaterThan(0);
    for (const { result, template } of explain) {
      const parts = parseTemplate(template);
      expect(draws(`\\displaystyle ${result.latex} = ${symbolTex(parts)}`)).toContain('katex-html');
      for (const value of [0, -0.5, 1e-7, Infinity, NaN])
        expect(draws(`\\displaystyle = ${numberTex(parts, () => value)}`)).toContain('katex-html');
    }
  });

  it('have symbols for every knob that can be drawn', async () => {
    const { knobs } = await entry.load();
    for (const { symbol } of knobs) expect(draws(symbol)).toContain('katex-html');
  });
});
