import type katexModule from 'katex';

type Katex = typeof katexModule;
let loading: Promise<Katex> | undefined;

/** KaTeX, its style sheet and its fonts: a chunk of their own, fetched from our own host when the first formula is shown. */
export function loadKatex(): Promise<Katex> {
  loading ??= Promise.all([import('katex'), import('katex/dist/katex.min.css')])
    .then(([module]) => module.default)
    .catch((error: unknown) => {
      // A failed download must not stick: the next formula tries again.
      loading = undefined;
      throw error;
    });
  return loading;
}

/**
 * Draws into an element node by node: `renderToString` would carry style attributes, which a Content-Security-Policy of
 * `style-src 'self'` drops. Only `\htmlData` is trusted: it marks the terms of a formula and can run nothing.
 */
export function renderTex(katex: Katex, latex: string, element: HTMLElement, options: { display?: boolean; speech?: boolean } = {}): void {
  katex.render(latex, element, {
    displayMode: options.display ?? false,
    output: options.speech === false ? 'html' : 'htmlAndMathml',
    trust: (context) => context.command === '\\htmlData',
    strict: (code: string) => (code === 'htmlExtension' ? 'ignore' : 'error'),
    throwOnError: true,
    maxExpand: 200,
  });
}

/** What to print until KaTeX is there, and where a formula does not parse. */
export function plainTex(latex: string): string {
  return latex
    .replace(/\\htmlData\s*\{[^{}]*\}/g, '')
    .replace(/\\(?:text|mathrm|operatorname|mathit|bar|hat|tilde)\s*\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:left|right|,|;|!|quad|displaystyle)/g, '')
    .replace(/\\([A-Za-z]+)/g, (_, name: string) => SIGNS[name] ?? name)
    .replace(/[{}]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

const SIGNS: Readonly<Record<string, string>> = {
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  epsilon: 'ε',
  varepsilon: 'ε',
  eta: 'η',
  theta: 'θ',
  kappa: 'κ',
  lambda: 'λ',
  mu: 'μ',
  pi: 'π',
  rho: 'ρ',
  sigma: 'σ',
  tau: 'τ',
  phi: 'φ',
  omega: 'ω',
  infty: '∞',
  cdot: '·',
  times: '×',
  log: 'log ',
  ge: '≥',
  le: '≤',
  partial: '∂',
};
