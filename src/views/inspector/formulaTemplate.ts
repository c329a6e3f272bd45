/** One piece of a formula: KaTeX as it stands, or a term bound to a traced number. */
export type FormulaPart = { kind: 'tex'; latex: string } | { kind: 'term'; index: number; trace: string; latex: string };

/** Splits `\frac{[[reward|r]] - [[mean|\bar r]]}{…}` into its parts; a term without `|` shows its trace name. */
export function parseTemplate(template: string): FormulaPart[] {
  const parts: FormulaPart[] = [];
  let at = 0;
  let index = 0;
  // KaTeX has no [[ … ]] of its own; a term's latex may hold single brackets.
  for (const match of template.matchAll(/\[\[(.+?)\]\]/g)) {
    if (match.index > at) parts.push({ kind: 'tex', latex: template.slice(at, match.index) });
    const bar = match[1].indexOf('|');
    const trace = (bar < 0 ? match[1] : match[1].slice(0, bar)).trim();
    const latex = bar < 0 ? `\\mathrm{${trace.replace(/[^A-Za-z0-9]/g, '\\ ')}}` : match[1].slice(bar + 1);
    parts.push({ kind: 'term', index: index++, trace, latex });
    at = match.index + match[0].length;
  }
  if (at < template.length) parts.push({ kind: 'tex', latex: template.slice(at) });
  return parts;
}

/** Cuts off a remark at the end, `… \quad\text{over the group}`: it is set as a line of words that can wrap, not as a box that cannot. */
export function splitRemark(parts: readonly FormulaPart[]): { equation: FormulaPart[]; remark: FormulaPart[] } {
  const at = parts.findLastIndex((part) => part.kind === 'tex' && part.latex.includes('\\quad\\text'));
  const cut = parts[at];
  if (cut === undefined) return { equation: [...parts], remark: [] };
  const place = cut.latex.lastIndexOf('\\quad\\text');
  return {
    equation: [...parts.slice(0, at), { kind: 'tex', latex: cut.latex.slice(0, place) }],
    remark: [{ kind: 'tex', latex: cut.latex.slice(place + '\\quad'.length) }, ...parts.slice(at + 1)],
  };
}

/** A number as KaTeX: two or three decimals by size, powers of ten outside 1e−3 … 1e5. */
export function texNumber(value: number): string {
  if (Number.isNaN(value)) return '\\text{–}';
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  if (size === Infinity) return `${sign}\\infty`;
  if (Number.isInteger(size) && size < 1e5) return `${sign}${size}`;
  if (size < 1e-3 || size >= 1e5) {
    const [mantissa, exponent] = size.toExponential(1).split('e');
    return `${sign}${Number(mantissa) === 1 ? '' : `${Number(mantissa)}{\\times}`}10^{${Number(exponent)}}`;
  }
  return `${sign}${Number(size.toFixed(size < 0.1 ? 4 : size < 1 ? 3 : size < 100 ? 2 : 1))}`;
}

const mark = (index: number, latex: string) => `\\htmlData{term=${index}}{${latex}}`;

/** The formula with its symbols; each term carries `data-term`. */
export function symbolTex(parts: readonly FormulaPart[]): string {
  return parts.map((part) => (part.kind === 'tex' ? part.latex : mark(part.index, part.latex))).join('');
}

/** Where a minus would follow an operator it needs brackets: 0 − (−0.5). After an opening it does not. */
function opensBefore(latex: string): boolean {
  return /(^|[([{=,&|^_]|\\left.|\\\\)\s*$/.test(latex);
}

/** The formula with the numbers of one token in place of its symbols. */
export function numberTex(parts: readonly FormulaPart[], read: (trace: string) => number): string {
  let latex = '';
  for (const part of parts) {
    if (part.kind === 'tex') {
      latex += part.latex;
      continue;
    }
    const number = texNumber(read(part.trace));
    latex += mark(part.index, number.startsWith('-') && !opensBefore(latex) ? `(${number})` : number);
  }
  return latex;
}
