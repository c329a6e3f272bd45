import { formatNumber } from '../../ui/number.ts';

interface EffectProps {
  /** log π of the token before and after all updates of this step. */
  before: number;
  after: number;
  probabilityBefore: number;
  probabilityAfter: number;
}

/** What this step did to the token's probability: all of the step's updates together, every token's credit included. */
export function Effect({ before, after, probabilityBefore, probabilityAfter }: EffectProps) {
  const change = after - before;
  const rows = [
    { label: 'before', probability: probabilityBefore },
    { label: 'after', probability: probabilityAfter },
  ];
  return (
    <>
      <p className="effect-change">
        Δ log π ={' '}
        <strong className={change < 0 ? 'is-negative' : change > 0 ? 'is-positive' : undefined}>
          {formatNumber(change, 3, { sign: true })}
        </strong>
      </p>
      <table className="bars">
        <caption className="visually-hidden">Probability of this token before and after this step</caption>
        <tbody>
          {rows.map((row) => (
            <tr key={row.label}>
              <th scope="row" className="bar-word">
                {row.label}
              </th>
              <td className="bar-cell">
                <span className={row.label === 'after' ? 'bar bar-after' : 'bar'} style={{ width: `${100 * row.probability}%` }} />
              </td>
              <td className="bar-value">{formatNumber(100 * row.probability, 1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
