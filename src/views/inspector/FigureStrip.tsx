import type { StripFigure, StripRow } from '../../core/figures.ts';
import { inkOn, sequentialColour, type Theme } from '../../ui/colour.ts';
import { formatNumber } from '../../ui/number.ts';

interface FigureStripProps {
  figure: StripFigure;
  glyphOf: (id: number) => string;
  theme: Theme;
}

/** A text as the head of a table, and a row of small cells for each thing that is known of its tokens. */
export function FigureStrip({ figure, glyphOf, theme }: FigureStripProps) {
  const { title, tokens, rows } = figure;
  const kinds = rows.flatMap((row) => (row.kind === 'category' ? row.categories : []));
  return (
    <table className="figure-strip" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">text</th>
          {tokens.map((token, k) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a place in the text
            <th key={k} scope="col" className="figure-glyph">
              {glyphOf(token)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.title}>
            <th scope="row">{row.title}</th>
            {row.values.map((value, k) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a place in the text
              <Cell key={k} row={row} value={value} theme={theme} />
            ))}
          </tr>
        ))}
      </tbody>
      <tfoot aria-hidden="true">
        <tr>
          <td colSpan={tokens.length + 1}>{kinds.map((kind) => `${kind[0]} ${kind}`).join(', ')}</td>
        </tr>
      </tfoot>
    </table>
  );
}

function Cell({ row, value, theme }: { row: StripRow; value: number; theme: Theme }) {
  if (Number.isNaN(value)) return <td>–</td>;
  if (row.kind === 'amount') {
    const colour = sequentialColour(value / row.most, 'entropy', theme);
    return (
      <td title={`${formatNumber(value, 3)} ${row.unit}`} style={{ background: colour, color: inkOn(colour) }}>
        {formatNumber(value, value < 9.95 ? 1 : 0)}
      </td>
    );
  }
  const name = row.categories[value];
  const colour = sequentialColour(value / (row.categories.length - 1), 'plain', theme);
  return (
    <td title={name} style={{ background: colour, color: inkOn(colour) }}>
      <span aria-hidden="true">{name[0]}</span>
      <span className="visually-hidden">{name}</span>
    </td>
  );
}
