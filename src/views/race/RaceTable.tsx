import type { MeanInterval } from '../../core/metrics/learningCurves.ts';
import { LEVEL, type RaceAxis, type RaceRow } from '../../state/raceCurves.ts';
import { formatNumber } from '../../ui/number.ts';
import { LineSample } from './LineSample.tsx';

export interface TableEntry {
  key: string;
  label: string;
  line: number;
  row: RaceRow;
  seeds: number;
}

interface RaceTableProps {
  entries: readonly TableEntry[];
  axis: RaceAxis;
  place: number;
}

const WORDS: Readonly<Record<RaceAxis, string>> = { step: 'step', tokens: 'tokens sampled', seconds: 'seconds' };

/** Mean ± half the 95 % interval of the mean over the seeds. */
function Value({ value: { mean, half, n }, digits }: { value: MeanInterval; digits: number }) {
  if (n === 0) return <>–</>;
  return (
    <>
      {formatNumber(mean, digits)}
      {!Number.isNaN(half) && <span className="quiet"> ± {formatNumber(half, digits)}</span>}
    </>
  );
}

/** All entrants at the chosen place, best reward first. */
export function RaceTable({ entries, axis, place }: RaceTableProps) {
  const ranked = [...entries].sort((a, b) => (b.row.reward.mean || -1) - (a.row.reward.mean || -1));
  const where = `${WORDS[axis]} ${formatNumber(place, axis === 'seconds' ? 1 : 0)}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="race-table" tabIndex={0} aria-label="Table at the chosen place">
      <table>
        <caption>At {where}: mean over the seeds that have come as far ± half the 95 % interval (Student’s t)</caption>
        <thead>
          <tr>
            <th scope="col">method</th>
            <th scope="col">seeds</th>
            <th scope="col">reward</th>
            <th scope="col">entropy, nats</th>
            <th scope="col">length</th>
            <th scope="col">steps to {LEVEL}</th>
            <th scope="col">tokens</th>
            <th scope="col">seconds</th>
          </tr>
        </thead>
        <tbody>
          {ranked.map(({ key, label, line, row, seeds }) => (
            <tr key={key}>
              <th scope="row">
                <LineSample line={line} /> {label}
              </th>
              <td>
                {row.reward.n}/{seeds}
              </td>
              <td>
                <Value value={row.reward} digits={3} />
              </td>
              <td>
                <Value value={row.entropy} digits={3} />
              </td>
              <td>
                <Value value={row.length} digits={2} />
              </td>
              <td>
                <Value value={row.stepsToLevel} digits={1} />
                {row.stepsToLevel.n > 0 && row.stepsToLevel.n < seeds && <span className="quiet"> ({row.stepsToLevel.n})</span>}
              </td>
              <td>
                <Value value={row.tokens} digits={0} />
              </td>
              <td>
                <Value value={row.seconds} digits={1} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
