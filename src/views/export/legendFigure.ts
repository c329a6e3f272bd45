import { inkOn } from '../../ui/colour.ts';
import type { LegendModel } from '../matrix/legend.ts';
import { PRINT } from './printColours.ts';
import { element, textAt, textWidth } from './svg.ts';

export const LEGEND_HEIGHT = 22;
const SIZE = 11;
const RAMP_WIDTH = 120;
const RAMP_HEIGHT = 10;
const SWATCH = 16;

/** A lane's legend in one line, or as many as its categories need. `id` names its gradient within the file. */
export function legendFigure(
  model: LegendModel,
  x: number,
  y: number,
  width: number,
  id: string,
): { body: string; defs: string; height: number } {
  const style = { size: SIZE, fill: PRINT.muted };
  const baseline = y + 14;
  if (model.kind === 'words') return { body: textAt(x, baseline, model.words, style), defs: '', height: LEGEND_HEIGHT };
  if (model.kind === 'categories') {
    let left = x;
    let line = 0;
    const parts = model.categories.map(({ colour, mark, words }) => {
      const needed = SWATCH + 6 + textWidth(words, SIZE) + 12;
      if (left > x && left + needed > x + width) {
        left = x;
        line++;
      }
      const top = y + line * LEGEND_HEIGHT;
      const part =
        element('rect', { x: left, y: top + 2, width: SWATCH, height: SWATCH, rx: 3, fill: colour }) +
        textAt(left + SWATCH / 2, top + 14, mark, { size: SIZE, fill: inkOn(colour), anchor: 'middle' }) +
        textAt(left + SWATCH + 6, top + 14, words, style);
      left += needed;
      return part;
    });
    return { body: parts.join(''), defs: '', height: (line + 1) * LEGEND_HEIGHT };
  }
  const lowWidth = textWidth(model.low, SIZE) + 4;
  const highAt = x + lowWidth + RAMP_WIDTH + 6;
  const stops = model.stops.map((colour, i) =>
    element('stop', { offset: `${(100 * i) / (model.stops.length - 1)}%`, 'stop-color': colour }),
  );
  return {
    body:
      textAt(x, baseline, model.low, style) +
      element('rect', {
        x: x + lowWidth,
        y: y + 5,
        width: RAMP_WIDTH,
        height: RAMP_HEIGHT,
        rx: 2,
        fill: `url(#${id})`,
        stroke: PRINT.line,
      }) +
      textAt(highAt, baseline, model.high, style) +
      (model.note ? textAt(highAt + textWidth(model.high, SIZE) + 8, baseline, model.note, style) : ''),
    defs: element('linearGradient', { id }, ...stops),
    height: LEGEND_HEIGHT,
  };
}
