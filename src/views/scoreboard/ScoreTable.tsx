import type { Scoreboard } from '../../state/scoreboard.ts';
import { measureOf, MEASURES } from '../../state/scoreboardColumns.ts';
import type { ColumnId, Measure } from '../../state/scoreboardColumns.ts';
import type { Frozen, ScoreboardState, ScoreRow } from '../../state/scoreboardTypes.ts';
import { formatCompact, formatNumber } from '../../ui/number.ts';
import { barScale } from './bars.ts';
import type { BarScale } from './bars.ts';

interface ScoreTableProps {
  board: Scoreboard;
  state: ScoreboardState;
  /** In the order of the rows. */
  rows: readonly ScoreRow[];
  frozen: Frozen;
}

const text = ({ isShare, domain }: Measure, value: number): string => {
  if (Number.isNaN(value)) return '–';
  if (isShare) return `${formatNumber(100 * value, 0)} %`;
  return domain[1] === null ? formatCompact(value, value < 10 ? 2 : 3) : formatNumber(value, 2);
};

/** A line for each method: its numbers with their intervals, the plotted one as a bar, and the tokens that it misses most. */
export function ScoreTable({ board, state, rows, frozen }: ScoreTableProps) {
  const plotted = measureOf(state.plotted) ?? MEASURES[0];
  const scale = barScale(plotted, rows);
  // Without the weights that drew the batch nothing can be said of its own gradients.
  const measures = MEASURES.filter(({ id }) => id !== 'own' || rows.some(({ own }) => own !== null));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className="score-scroll" tabIndex={0} aria-label="Methods against the truth">
      <table className="score-table">
        <thead>
          <tr>
            <Head board={board} state={state} column="method" label="Method" title="By name" />
            <th scope="col" className="score-plot">
              <span className="score-plotted">{plotted.label}</span>
              <span className="score-axis" aria-hidden="true">
                {scale.ticks.map(({ value, at }) => (
                  <span key={value} style={{ left: `${at}%` }}>
                    {formatCompact(value, 2)}
                  </span>
                ))}
              </span>
            </th>
            {measures.map(({ id, label, meaning }) => (
              <Head key={id} board={board} state={state} column={id} label={label} title={meaning} />
            ))}
            <th scope="col" title="Tokens whose credit misses the true advantage most">
              why
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Line
              key={row.id}
              board={board}
              row={row}
              measures={measures}
              plotted={plotted}
              scale={scale}
              frozen={frozen}
              canExplain={!state.isBehind}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps {
  board: Scoreboard;
  state: ScoreboardState;
  column: ColumnId;
  label: string;
  title: string;
}

function Head({ board, state, column, label, title }: HeadProps) {
  const { sort } = state;
  const isSorted = sort.column === column;
  const order = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={order} className={column === 'method' ? 'score-name' : 'score-number'}>
      <button
        type="button"
        className="score-head"
        title={title}
        data-title={label}
        data-meaning={title}
        onClick={() => board.sortBy(column)}
      >
        {label}
        <span aria-hidden="true">{isSorted ? (sort.isDescending ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </th>
  );
}

interface LineProps {
  board: Scoreboard;
  row: ScoreRow;
  measures: readonly Measure[];
  plotted: Measure;
  scale: BarScale;
  frozen: Frozen;
  canExplain: boolean;
}

function Line({ board, row, measures, plotted, scale, frozen, canExplain }: LineProps) {
  return (
    <tr>
      <th scope="row" className="score-name">
        {row.title}
      </th>
      {row.note ? (
        <td colSpan={measures.length + 2} className="score-note">
          {row.note}
        </td>
      ) : (
        <>
          <td className="score-plot" aria-hidden="true">
            <Bar measure={plotted} row={row} scale={scale} />
          </td>
          {measures.map((measure) => (
            <Figure key={measure.id} measure={measure} row={row} />
          ))}
          <td className="score-why">
            {row.score?.disagreements.map((disagreement) => (
              <button
                key={disagreement.token}
                type="button"
                className="score-token"
                disabled={!canExplain}
                aria-label={`Why: token ${glyphOf(frozen, disagreement.token)} of prompt ${promptOf(frozen, disagreement.token)}, viewed as ${row.title}`}
                title={
                  canExplain
                    ? `Credit ${disagreement.error > 0 ? 'above' : 'below'} the true advantage by ${formatNumber(Math.abs(disagreement.error), 2)}: open it in the lab`
                    : 'The lab shows another step by now.'
                }
                onClick={() => void board.explain(row.id, disagreement)}
              >
                {glyphOf(frozen, disagreement.token)}
              </button>
            ))}
          </td>
        </>
      )}
    </tr>
  );
}

const glyphOf = ({ batch, task }: Frozen, token: number): string => task.vocabulary[batch.tokens[token]] ?? '?';
/** From 1, as the lab counts. */
const promptOf = ({ batch }: Frozen, token: number): number =>
  1 + (batch.responses.find(({ start, end }) => token >= start && token < end)?.group ?? 0);

function Figure({ measure, row }: { measure: Measure; row: ScoreRow }) {
  const value = measure.value(row);
  const interval = measure.interval(row);
  const why = measure.isGradient ? row.gradientNote : null;
  return (
    <td className="score-number" title={why ?? undefined}>
      {row.isSettled || measure.isGradient ? text(measure, value) : '…'}
      {interval && !Number.isNaN(value) && (
        <small>
          {text(measure, interval[0])} to {text(measure, interval[1])}
        </small>
      )}
      {why && measure.id === 'cosine' && <small>{why}</small>}
    </td>
  );
}

/** From 0 to the number, with the interval across its end. */
function Bar({ measure, row, scale }: { measure: Measure; row: ScoreRow; scale: BarScale }) {
  const value = measure.value(row);
  if (Number.isNaN(value)) return null;
  const interval = measure.interval(row)?.map(scale.at);
  const [from, to] = [Math.min(scale.zero, scale.at(value)), Math.max(scale.zero, scale.at(value))];
  return (
    <svg className="score-bar" aria-hidden="true" viewBox="0 0 100 20" preserveAspectRatio="none">
      {scale.ticks.map((tick) => (
        <line key={tick.value} className="score-grid" x1={tick.at} x2={tick.at} y1={0} y2={20} />
      ))}
      <rect className={value < 0 ? 'is-negative' : undefined} x={from} y={4} width={to - from} height={12} />
      {interval && !interval.some(Number.isNaN) && (
        <path
          className="score-whisker"
          d={`M${interval[0]} 10H${interval[1]}M${interval[0]} 6V14M${interval[1]} 6V14`}
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
