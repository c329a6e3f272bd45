/** SVG as text. Every text and attribute is escaped here and nowhere else. */

/** Characters that no XML document may hold: controls, halves of pairs, and two that are none. */
const FORBIDDEN = /[\p{Cs}\ufffe\uffff]|(?![\t\n\r])\p{Cc}/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeXml = (text: string): string => text.replaceAll(FORBIDDEN, '\ufffd').replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** At most two decimals: a hundredth of a pixel is not seen. */
export const px = (value: number): string => String(Math.round(value * 100) / 100);

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; `children` are SVG already. Attributes without a value are left out. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? px(value) : escapeXml(value)}"`],
  );
  const body = children.join('');
  return body === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${body}</${name}>`;
}

export interface TextStyle {
  size: number;
  fill: string;
  bold?: boolean;
  italic?: boolean;
  /** Default start. */
  anchor?: 'start' | 'middle' | 'end';
  /** As in CSS. */
  decoration?: string;
  /** Lets a reader find it again; not seen. */
  role?: string;
}

/** A line of text whose baseline is at y. */
export function textAt(x: number, y: number, content: string, { size, fill, bold, italic, anchor, decoration, role }: TextStyle): string {
  return element(
    'text',
    {
      class: role,
      x,
      y,
      'font-size': size,
      'font-weight': bold ? '700' : undefined,
      'font-style': italic ? 'italic' : undefined,
      fill,
      'text-anchor': anchor && anchor !== 'start' ? anchor : undefined,
      'text-decoration': decoration,
    },
    escapeXml(content),
  );
}

/** A picture without its frame: what is drawn, and how large it is, px. */
export interface Figure {
  width: number;
  height: number;
  body: string;
  /** Patterns and gradients that it refers to. */
  defs: string;
}

/** Where DejaVu Sans is missing and the embedded copy is not read, the widths still fit: nothing is set tighter than its metrics. */
export const FONT_FAMILY = "'Creditscope Figure', 'DejaVu Sans', Verdana, sans-serif";

/** Advance of the average character of DejaVu Sans, em; the widest digits and capitals stay below 0.78. */
export const MEAN_ADVANCE = 0.6;

export const textWidth = (text: string, size: number): number => [...text].length * size * MEAN_ADVANCE;

export interface Embedded {
  weight: 400 | 700;
  /** `data:` address of the font file. */
  address: string;
}

const MARGIN = 20;

/** The whole file: white ground, a margin, the fonts, title and description for who cannot see it. */
export function documentOf(figure: Figure, words: { title: string; description: string }, fonts: readonly Embedded[]): string {
  const width = Math.ceil(figure.width + 2 * MARGIN);
  const height = Math.ceil(figure.height + 2 * MARGIN);
  const faces = fonts.map(
    ({ weight, address }) => `@font-face{font-family:'Creditscope Figure';font-weight:${weight};src:url(${address}) format('woff2')}`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        'font-family': FONT_FAMILY,
        role: 'img',
      },
      element('title', {}, escapeXml(words.title)),
      element('desc', {}, escapeXml(words.description)),
      element('defs', {}, faces.length > 0 ? element('style', {}, faces.join('')) : '', figure.defs),
      element('rect', { width, height, fill: '#ffffff' }),
      element('g', { transform: `translate(${MARGIN} ${MARGIN})` }, figure.body),
    ),
    '\n',
  ].join('');
}
