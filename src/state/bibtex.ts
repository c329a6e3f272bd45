/** The papers of the shown methods, and this page, as BibTeX. */
import type { MethodMeta } from '../core/stages/types.ts';
import { citedTitle, SOFTWARE } from './about.ts';

const SPECIAL: Readonly<Record<string, string>> = { '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' };

/** Text with LaTeX's own characters made harmless. */
export const escapeTex = (text: string): string => text.replaceAll(/[\\~^&%$#_{}]/g, (sign) => SPECIAL[sign] ?? `\\${sign}`);

/** `Liu et al.` → `Liu and others`, `Guo, Xu` → `Guo and Xu`. */
export function bibAuthors(authors: string): string {
  const hasOthers = /\s+et al\.?$/.test(authors);
  const names = authors
    .replace(/\s+et al\.?$/, '')
    .split(/,\s*|\s+and\s+/)
    .filter(Boolean);
  return [...names.map(escapeTex), ...(hasOthers ? ['others'] : [])].join(' and ');
}

const entry = (key: string, fields: readonly (readonly [string, string])[]): string =>
  `@misc{${key},\n${fields.map(([name, value]) => `  ${name} = {${value}},`).join('\n')}\n}\n`;

/** The title stands in double braces, so that its capitals stay. */
export function bibtexOf(method: Pick<MethodMeta, 'id' | 'fullName' | 'title' | 'paper'>): string {
  const { id, paper } = method;
  return entry(`${id.replaceAll(/[^a-z0-9]/g, '')}${paper.year}`, [
    ['title', `{${escapeTex(citedTitle(method))}}`],
    ['author', bibAuthors(paper.authors)],
    ['year', String(paper.year)],
    ...(paper.arxiv
      ? ([
          ['eprint', paper.arxiv],
          ['archivePrefix', 'arXiv'],
        ] as const)
      : []),
    ...(paper.venue ? ([['howpublished', escapeTex(paper.venue)]] as const) : []),
  ]);
}

/** This page at its commit, with the link to what is shown. */
export function bibtexOfPage(commit: string, link: string): string {
  return entry('creditscope', [
    ['title', `{${escapeTex(SOFTWARE.title)}}`],
    ['author', `{${SOFTWARE.authors}}`],
    ['year', String(SOFTWARE.year)],
    ['howpublished', `\\url{${link.replaceAll(/[{}\\]/g, encodeURIComponent)}}`],
    ['note', `Commit ${escapeTex(commit)}`],
  ]);
}
