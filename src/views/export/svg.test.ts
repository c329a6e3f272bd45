import { describe, expect, it } from 'vitest';
import { wrap, captionLines, withCaption } from './caption.ts';
import { curvesFigure } from './curvesFigure.ts';
import { documentOf, element, escapeXml, px, textAt } from './svg.ts';

const about = {
  task: 'chain-sum',
  taskTitle: 'Chain sum',
  prompt: '1+2=<&>',
  step: 20,
  source: 'recorded',
  checkpoint: 'step-20',
  seed: 's',
  method: 'm',
  methodTitle: 'M',
  knobs: { clipLow: 0.1, clipC: 'Infinity' },
  mix: {},
  edits: 0,
  link: 'https://x.org/#v=2&k.clipLow=0.1',
  commit: 'abc',
  citation: ['Creditscope.', 'Somebody (2025).'],
} as const;

describe('the SVG writer', () => {
  it('escapes what a text may hold, and leaves out what XML forbids', () => {
    expect(escapeXml(`<b a="1" c='2'>&</b>`)).toBe('&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&lt;/b&gt;');
    expect(escapeXml('a\u0000b\u001bc\ud800d\ufffe')).toBe('a\ufffdb\ufffdc\ufffdd\ufffd');
    expect(escapeXml('😀 −0.41 Σ\n')).toBe('😀 −0.41 Σ\n');
  });
  it('writes elements with numbers to a hundredth', () => {
    expect(element('rect', { x: 1 / 3, y: -0.001, fill: undefined })).toBe('<rect x="0.33" y="0"/>');
    expect(element('g', { id: 'a"b' }, '<x/>')).toBe('<g id="a&quot;b"><x/></g>');
    expect(px(12.3456)).toBe('12.35');
  });
  it('writes a line of text', () => {
    expect(textAt(1, 2, '<S>', { size: 10, fill: '#000', bold: true, anchor: 'middle', role: 'glyph' })).toBe(
      '<text class="glyph" x="1" y="2" font-size="10" font-weight="700" fill="#000" text-anchor="middle">&lt;S&gt;</text>',
    );
  });
  it('frames a figure with ground, margin, fonts and words', () => {
    const text = documentOf({ width: 100, height: 50, body: '<x/>', defs: '' }, { title: 'T<', description: 'D' }, [
      { weight: 400, address: 'data:font/woff2;base64,AA' },
    ]);
    expect(text).toContain('<svg xmlns="http://www.w3.org/2000/svg" width="140" height="90" viewBox="0 0 140 90"');
    expect(text).toContain('<title>T&lt;</title><desc>D</desc>');
    expect(text).toContain("src:url(data:font/woff2;base64,AA) format('woff2')");
    expect(text).toContain('<g transform="translate(20 20)"><x/></g></svg>');
  });
});

describe('the caption', () => {
  it('says task, prompt, step, method, what differs from the default, the link, the commit and what to cite', () => {
    expect(captionLines(about)).toEqual([
      'Chain sum, prompt 1+2=<&>, step 20 (recorded), seed s, viewed as M.',
      'Knobs that differ from the default: clipLow = 0.1, clipC = Infinity.',
      'Link: https://x.org/#v=2&k.clipLow=0.1',
      'Commit: abc',
      'Cite: Creditscope.',
      'Somebody (2025).',
    ]);
    const { height, width, body } = withCaption({ width: 10, height: 100, body: '', defs: '' }, 'A & B', about);
    expect([width, height]).toEqual([560, 30 + 100 + 16 + 6 * 16]);
    expect(body).toContain('>A &amp; B</text>');
    expect(body).toContain('prompt 1+2=&lt;&amp;&gt;, step');
  });
  it('breaks lines at blanks, and a link anywhere', () => {
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('x abcdefgh i', 4)).toEqual(['x', 'abcd', 'efgh', 'i']);
    expect(wrap('', 4)).toEqual([]);
  });
});

describe('the curves', () => {
  it('name each with its last number', () => {
    const row = {
      step: 1,
      reward: 0.25,
      passAtK: [[1, 0.25]] as const,
      entropy: 0.5,
      length: 4,
      clipFraction: 0,
      klToBase: 0,
      gradientNorm: 1,
      loss: 0,
      rolloutHash: '',
    };
    const { body, width } = curvesFigure([row, { ...row, step: 2, reward: 0.75 }]);
    expect(body.match(/class="number"[^>]*>[^<]+/g)?.map((text) => text.split('>')[1])).toEqual([
      '0.75',
      '0.25',
      '0.50 nats',
      '4.0 tokens',
      '0.000',
      '0.000 nats',
      '1.00',
    ]);
    expect(width).toBe(4 * (250 + 42 + 24));
  });
});
