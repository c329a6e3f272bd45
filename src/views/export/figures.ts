/** What is on the screen as one SVG file, and that file as a picture of points. */
import type { About } from '../../state/about.ts';
import type { Lab } from '../../state/lab.ts';
import { shown as shownMatrix } from '../matrix/shown.ts';
import { shown as shownTree } from '../tree/picture.ts';
import { captionLines, withCaption } from './caption.ts';
import { curvesFigure } from './curvesFigure.ts';
import { matrixFigure } from './matrixFigure.ts';
import { documentOf } from './svg.ts';
import type { Embedded, Figure } from './svg.ts';
import { treeFigure } from './treeFigure.ts';

export type FigureKind = 'matrix' | 'tree' | 'branches' | 'curves';

const TITLES: Readonly<Record<FigureKind, string>> = {
  matrix: 'Token matrix',
  tree: 'Prefix tree of the samples',
  branches: 'Prefix tree, branches only',
  curves: 'Training curves',
};

/** What of the page can be drawn at the moment. */
export function offeredFigures(lab: Lab): FigureKind[] {
  const kinds: FigureKind[] = [];
  if (shownMatrix.matrix) kinds.push(shownMatrix.matrix.props.merged ? 'tree' : 'matrix');
  if (shownTree.tree) kinds.push('branches');
  if (lab.store.getState().metrics.length > 0) kinds.push('curves');
  return kinds;
}

function drawn(lab: Lab, kind: FigureKind): Figure {
  if (kind === 'curves') return curvesFigure(lab.store.getState().metrics);
  if (kind === 'branches' && shownTree.tree) return treeFigure(shownTree.tree);
  if (kind !== 'branches' && shownMatrix.matrix) return matrixFigure(shownMatrix.matrix);
  throw new Error('That is not on the screen any more. Close this window, show it, and try again.');
}

const FONT_FILES = [
  [400, 'fonts/dejavu-sans.woff2'],
  [700, 'fonts/dejavu-sans-bold.woff2'],
] as const;

async function fontsOf(lab: Lab): Promise<Embedded[]> {
  return Promise.all(
    FONT_FILES.map(async ([weight, path]) => {
      const bytes = new Uint8Array(await lab.fetchFile(path));
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte);
      return { weight, address: `data:font/woff2;base64,${btoa(text)}` };
    }),
  );
}

/** Rejects with a sentence. */
export async function svgOf(lab: Lab, kind: FigureKind, about: About): Promise<string> {
  const figure = withCaption(drawn(lab, kind), TITLES[kind], about);
  const words = { title: `Creditscope: ${TITLES[kind].toLowerCase()}`, description: captionLines(about).join(' ') };
  return documentOf(figure, words, await fontsOf(lab));
}

/** Points a CSS px: sharp on a projector and in print at half size. */
const SCALE = 2;

/** Rejects with a sentence. */
export async function pngOf(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = SCALE * image.naturalWidth;
    canvas.height = SCALE * image.naturalHeight;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
    if (!blob) throw new Error('The picture is too large for this browser: take the SVG instead.');
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}
