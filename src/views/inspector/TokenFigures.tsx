import './figures.css';
import type { BarsFigure, GridFigure, TableFigure, TokenFigure } from '../../core/figures.ts';
import { inkOn, sequentialColour, type Theme } from '../../ui/colour.ts';
import { formatNumber } from '../../ui/number.ts';
import { FigureSteps } from './FigureSteps.tsx';
import { FigureStrip } from './FigureStrip.tsx';

interface TokenFiguresProps {
  figures: readonly TokenFigure[];
  glyphOf: (id: number) => string;
  theme: Theme;
}

const hundredths = (p: number) => formatNumber(100 * p, p >= 0.0995 ? 0 : 1);

/** What a method's record draws of the pinned token: its numbers come from core as they stand here. */
export function TokenFigures({ figures, glyphOf, theme }: TokenFiguresProps) {
  return figures.map((figure) => (
    <section className="part figure" key={figure.title}>
      <h3>{figure.title}</h3>
      {figure.kind === 'grid' && <Grid figure={figure} theme={theme} />}
      {figure.kind === 'bars' && <Bars figure={figure} glyphOf={glyphOf} />}
      {figure.kind === 'table' && <Table figure={figure} />}
      {figure.kind === 'strip' && <FigureStrip figure={figure} glyphOf={glyphOf} theme={theme} />}
      {figure.kind === 'steps' && <FigureSteps figure={figure} />}
      <p className="quiet">{figure.caption}</p>
    </section>
  ));
}

/** A small heatmap as a table, the largest row on top; the cell that came true has a ring. */
function Grid({ figure, theme }: { figure: GridFigure; theme: Theme }) {
  const { rows, columns, values, marked } = figure;
  const most = Math.max(...values);
  const order = [...rows.keys()].reverse();
  return (
    <table className="figure-grid" aria-label={`${figure.title}: ${figure.quantity}`}>
      <thead>
        <tr>
          <th scope="col">{figure.rowTitle}</th>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {order.map((r) => (
          <tr key={rows[r]}>
            <th scope="row">{rows[r]}</th>
            {columns.map((column, c) => {
              const cell = r * columns.length + c;
              const colour = sequentialColour(most > 0 ? values[cell] / most : 0, 'value', theme);
              return (
                <td key={column} className={cell === marked ? 'is-marked' : undefined} style={{ background: colour, color: inkOn(colour) }}>
                  {hundredths(values[cell])}
                  {cell === marked && <span className="visually-hidden"> came true</span>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td />
          <td colSpan={columns.length}>
            {figure.columnTitle}; {figure.quantity} in %
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

function Bars({ figure, glyphOf }: { figure: BarsFigure; glyphOf: (id: number) => string }) {
  return (
    <table className="figure-bars" aria-label={figure.title}>
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">probability</th>
          {figure.noteTitles.map((title) => (
            <th key={title} scope="col" className="figure-number">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {figure.entries.map(({ token, before, after, notes }) => (
          <tr key={token} className={token === figure.drawn ? 'is-sampled' : undefined}>
            <th scope="row">
              {glyphOf(token)}
              {token === figure.drawn && <span className="visually-hidden"> drawn</span>}
            </th>
            <td className="bar-cell">
              {hundredths(before)} → {hundredths(after)} %
              <span className="bar" style={{ width: `${100 * before}%` }} />
              <span className="bar bar-after" style={{ width: `${100 * after}%` }} />
            </td>
            {notes.map((note, k) => (
              <td key={figure.noteTitles[k]} className="figure-number">
                {note}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Table({ figure }: { figure: TableFigure }) {
  return (
    <table className="figure-table" aria-label={figure.title}>
      <thead>
        <tr>
          {figure.head.map((title) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {figure.rows.map(({ cells, isMarked }) => (
          <tr key={cells[0]} className={isMarked ? 'is-marked' : undefined}>
            {cells.map((cell, k) =>
              k === 0 ? (
                <th key={figure.head[k]} scope="row">
                  {cell}
                </th>
              ) : (
                <td key={figure.head[k]}>{cell}</td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
