import type { About } from '../../state/about.ts';
import { PRINT } from './printColours.ts';
import { MEAN_ADVANCE, textAt } from './svg.ts';
import type { Figure } from './svg.ts';

const SIZE = 11;
const LEADING = 16;
const TITLE_SIZE = 15;
const TITLE_HEIGHT = 30;
const GAP = 16;
/** A caption is readable at least this wide, px. */
const MIN_WIDTH = 560;

/** Breaks at blanks where it can, at any character where a piece (a link) is longer than a line. */
export function wrap(text: string, limit: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > limit) {
      lines.push(line);
      line = '';
    }
    while (line === '' && rest.length > limit) {
      lines.push(rest.slice(0, limit));
      rest = rest.slice(limit);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}

const SOURCE_WORDS: Readonly<Record<About['source'], string>> = { recorded: 'recorded', opened: 'from a file', live: 'trained live' };

/** What the figure shows, in sentences: task, prompt, step, method, what differs from the default, the link, the commit, what to cite. */
export function captionLines(about: About): string[] {
  const knobs = Object.entries(about.knobs).map(([id, value]) => `${id} = ${value}`);
  const mix = Object.entries(about.mix).map(([stage, id]) => `${stage} of ${id}`);
  return [
    `${about.taskTitle}, prompt ${about.prompt}, step ${about.step} (${SOURCE_WORDS[about.source]}), seed ${about.seed}, viewed as ${about.methodTitle}.`,
    knobs.length === 0 ? 'All knobs at their defaults.' : `Knobs that differ from the default: ${knobs.join(', ')}.`,
    ...(mix.length > 0 ? [`Stages taken from other methods: ${mix.join(', ')}.`] : []),
    ...(about.edits > 0 ? ['Changed by hand: the link does not hold these changes.'] : []),
    ...(about.source === 'opened' ? ['The samples are from a file: the link does not hold them.'] : []),
    `Link: ${about.link}`,
    `Commit: ${about.commit}`,
    ...about.citation.map((line, i) => (i === 0 ? `Cite: ${line}` : line)),
  ];
}

/** The figure under its title and over its caption. */
export function withCaption(figure: Figure, title: string, about: About): Figure {
  const width = Math.max(figure.width, MIN_WIDTH);
  const limit = Math.floor(width / (SIZE * MEAN_ADVANCE));
  const lines = captionLines(about).flatMap((line) => wrap(line, limit));
  const top = TITLE_HEIGHT + figure.height + GAP;
  return {
    width,
    height: top + lines.length * LEADING,
    defs: figure.defs,
    body: [
      textAt(0, 16, title, { size: TITLE_SIZE, bold: true, fill: PRINT.ink }),
      `<g transform="translate(0 ${TITLE_HEIGHT})">${figure.body}</g>`,
      ...lines.map((line, i) => textAt(0, top + (i + 1) * LEADING - 4, line, { size: SIZE, fill: PRINT.muted, role: 'caption' })),
    ].join(''),
  };
}
