/** Finds what explains an element of the page. */
import { CONTROLS, type GlossaryId } from '../../content/controls.ts';
import { GLOSSARY } from '../../content/glossary.ts';

export interface Definition {
  term: string;
  /** KaTeX, where the word has a symbol. */
  symbol?: string;
  meaning: string;
}

export interface Found {
  definitions: readonly Definition[];
  /** An area stands in for what has no explanation of its own. */
  kind: 'control' | 'area' | 'none';
}

const NOTHING: Definition = { term: 'No word for this', meaning: 'Click a control, a lane, a cell or a symbol.' };

const glossaryEntry = (id: GlossaryId): Definition => GLOSSARY[id];

function nameOf(element: Element): string {
  const label = element.getAttribute('aria-label') ?? element.querySelector('label, .quiet')?.textContent ?? element.textContent ?? '';
  return label.trim().toLowerCase();
}

/** What an element says of itself: knobs, lanes and measures carry their own words. */
function ownWords(element: Element): Definition | null {
  const meaning = element.getAttribute('data-meaning');
  return meaning ? { term: element.getAttribute('data-title') ?? element.textContent ?? '', meaning } : null;
}

/** The nearest explanation around `target`, with the marks met on the way to it. */
export function define(target: Element): Found {
  const marks: Definition[] = [];
  for (let element: Element | null = target; element; element = element.parentElement) {
    const own = ownWords(element);
    const matching = CONTROLS.filter(({ at, name }) => element.matches(at) && (name === undefined || nameOf(element).startsWith(name)));
    marks.push(...matching.filter(({ kind }) => kind === 'mark').map(({ id }) => glossaryEntry(id)));
    const main = matching.find(({ kind }) => kind !== 'mark');
    if (own) return { definitions: [own, ...marks], kind: 'control' };
    if (main) return { definitions: [glossaryEntry(main.id), ...marks], kind: main.kind === 'area' ? 'area' : 'control' };
  }
  return marks.length > 0 ? { definitions: marks, kind: 'control' } : { definitions: [NOTHING], kind: 'none' };
}
