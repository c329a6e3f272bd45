import { formatNumber } from '../../ui/number.ts';

interface EffectProps {
  /** log π after all updates of this step minus before. */
  change: number;
  /** Probabilities. */
  before: number;
  after: number;
}

/** What this step did to the token's probability: all of the step's updates together, every token's credit included. */
export function Effect({ change, before, after }: EffectProps) {
  const rows = [
    { label: 'before', probability: before },
    { label: 'after', probability: after },
  ];
  return (
    <>
      <p className="effect-change">
        Δ log π ={' '}
        <strong className={change < 0 ? 'is-negative' : change > 0 ? 'is-positive' : undefined}>
          {formatNumber(change, 3, { sign: true })}
        </strong>
      </p>
      <table className="bars" aria-label="Probability of this token before and after this step">
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
