import { legendModel } from '../matrix/legend.ts';
import { boxModel, treePicture } from '../tree/picture.ts';
import type { TreeInput } from '../tree/picture.ts';
import { BOX_HEIGHT } from '../tree/tidyLayout.ts';
import { legendFigure } from './legendFigure.ts';
import { PRINT } from './printColours.ts';
import { element, textAt } from './svg.ts';
import type { Figure } from './svg.ts';

const TITLE_HEIGHT = 26;
const LEGEND_GAP = 10;

/** The prefix tree with its unary chains compressed, as it stands on the screen. */
export function treeFigure(input: TreeInput): Figure {
  const { boxes, width, height, count } = treePicture(input);
  const edges = boxes.map((box) => {
    const parent = boxes[box.parent];
    if (!parent) return '';
    const x0 = parent.left + parent.width;
    const y0 = TITLE_HEIGHT + parent.top + BOX_HEIGHT / 2;
    const y1 = TITLE_HEIGHT + box.top + BOX_HEIGHT / 2;
    const middle = (x0 + box.left) / 2;
    const d = `M${x0},${y0}C${middle},${y0} ${middle},${y1} ${box.left},${y1}`;
    return element('path', { d, fill: 'none', stroke: '#aab2bd', 'stroke-width': 1 + (5 * box.chain.count) / count });
  });
  const drawn = boxes.map((box) => {
    const { text, number, fill, ink, isLeaf, isRight } = boxModel(input, box.chain, 'light');
    const top = TITLE_HEIGHT + box.top;
    const colour = ink ?? PRINT.ink;
    const middle = box.left + box.width / 2;
    const words = `${number}${number && ' · '}n${box.chain.count}${isLeaf ? (isRight ? ' ✓' : ' ✗') : ''}`;
    return element(
      'g',
      { class: 'box' },
      element('rect', { x: box.left, y: top, width: box.width, height: BOX_HEIGHT, rx: 6, fill: fill ?? PRINT.empty, stroke: PRINT.line }),
      textAt(middle, top + 16, text, { size: 12.5, bold: true, fill: colour, anchor: 'middle', role: 'glyph' }),
      textAt(middle, top + 30, words, { size: 10.5, fill: colour, anchor: 'middle', role: 'number' }),
    );
  });
  const legend = legendFigure(legendModel(input.view, [], 'light', 1), 0, TITLE_HEIGHT + height + LEGEND_GAP, Math.max(width, 320), 'ramp');
  return {
    width: Math.max(width, 320),
    height: TITLE_HEIGHT + height + LEGEND_GAP + legend.height,
    body: [
      textAt(0, 14, `${input.view.lane.label}: mean over the samples that pass`, { size: 13, bold: true, fill: PRINT.ink }),
      ...edges,
      ...drawn,
      legend.body,
    ].join(''),
    defs: legend.defs,
  };
}
