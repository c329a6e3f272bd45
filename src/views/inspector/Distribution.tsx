import { formatNumber } from '../../ui/number.ts';
import type { Bar } from './distribution.ts';

interface DistributionProps {
  bars: readonly Bar[];
  glyphOf: (id: number) => string;
  baseTemperature: number;
  /** The temperature that drew the token, and the log-prob of that draw; null where the batch has none. */
  drawn: { temperature: number | null; logprob: number | null; oldLogprob: number | null };
  previewTemperature: number | null;
}

const percent = (p: number) => `${formatNumber(100 * p, p >= 0.0995 ? 0 : 1)} %`;

/** π over the next token as bars, the drawn one marked; a preview temperature is an outline, never a fill. */
export function Distribution({ bars, glyphOf, baseTemperature, drawn, previewTemperature }: DistributionProps) {
  const preview = previewTemperature === null ? '' : `, with a preview at ${formatNumber(previewTemperature, 2)}`;
  const name = `Likeliest next tokens at temperature ${formatNumber(baseTemperature, 2)}${preview}`;
  return (
    <>
      <table className={previewTemperature === null ? 'bars' : 'bars has-preview'} aria-label={name}>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.id} className={bar.isSampled ? 'is-sampled' : undefined}>
              <th scope="row">{glyphOf(bar.id)}</th>
              <td className="bar-cell">
                <span className="bar" style={{ width: `${100 * bar.probability}%` }} />
                {bar.preview !== null && <span className="bar bar-preview" style={{ width: `${100 * bar.preview}%` }} />}
              </td>
              <td className="bar-value">
                {percent(bar.probability)}
                {bar.preview !== null && <span className="preview-value"> → {percent(bar.preview)}</span>}
              </td>
              <td className="bar-note">{bar.isSampled ? '◂ drawn' : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        Bars: π at T = {formatNumber(baseTemperature, 2)}.{' '}
        {drawn.temperature !== null && <>Drawn at T = {formatNumber(drawn.temperature, 2)}. </>}
        {drawn.logprob !== null && <>Log-prob of the draw {formatNumber(drawn.logprob, 3)}</>}
        {drawn.oldLogprob !== null && <>, log π {formatNumber(drawn.oldLogprob, 3)}</>}
        {(drawn.logprob !== null || drawn.oldLogprob !== null) && '.'}
      </p>
      {previewTemperature !== null && (
        <p className="preview-note">
          Preview: what T = {formatNumber(previewTemperature, 2)} would draw from. These tokens were not drawn so.
        </p>
      )}
    </>
  );
}
