import '../truth/truth.css';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { RolloutBatch } from '../../core/batch.ts';
import { exp } from '../../core/math.ts';
import { ORACLE_KNOBS } from '../../core/oracle/knobs.ts';
import type { ValueEstimate } from '../../core/oracle/actions.ts';
import { truthOf } from '../../state/truthOf.ts';
import type { TruthState } from '../../state/truthTypes.ts';
import { wantsTruth } from '../../state/truthWants.ts';
import { formatCompact, formatNumber } from '../../ui/number.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { OracleKnobs } from '../truth/TruthPanel.tsx';
import { TruthStatus } from '../truth/TruthStatus.tsx';
import { logProbabilities } from './distribution.ts';
import type { Located } from './trace.ts';

interface TruthPartProps {
  batch: RolloutBatch;
  at: Located;
  glyphOf: (id: number) => string;
}

/** What the token was really worth, the value of every token that could have stood there, and what would have come of another one. */
export function TruthPart({ batch, at, glyphOf }: TruthPartProps) {
  const lab = useLab();
  const truth = truthOf(lab);
  const { actions, whatIf } = useStore(truth.store);
  const step = useLabState((state) => state.step);
  const isOn = useLabState((state) => state.run.backend !== null || wantsTruth(state));
  const [isAsked, setAsked] = useState(false);
  const isWanted = isOn || isAsked;
  useEffect(() => {
    truth.inspect(isWanted);
    return () => truth.inspect(false);
  }, [truth, isWanted]);
  const { trueAdvantages, trueErrors } = batch.fields;
  const advantage = trueAdvantages?.[at.token] ?? NaN;
  const error = trueErrors?.[at.token] ?? NaN;
  const kind = batch.groups[at.group].truthKind;
  return (
    <section className="part" aria-label="Truth of the token">
      <h3>Truth</h3>
      {!Number.isNaN(advantage) && (
        <p>
          A = Q − V ={' '}
          <strong className={advantage < 0 ? 'is-negative' : 'is-positive'}>{formatNumber(advantage, 2, { sign: true })}</strong>
          {' ± '}
          {formatCompact(error, 1)} <span className="quiet">{kind === 'exact' ? '(exact, certified)' : '(estimated, 95 %)'}</span>
        </p>
      )}
      {!isWanted && (
        <button type="button" className="button" onClick={() => setAsked(true)}>
          work out every alternative
        </button>
      )}
      <TruthStatus />
      {actions && <Alternatives batch={batch} at={at} glyphOf={glyphOf} values={actions.values} onTry={truth.whatIf} />}
      {actions && actions.step !== step && <p className="quiet">Of step {actions.step}.</p>}
      {whatIf && (
        <Outcome {...whatIf} glyphOf={glyphOf}>
          {whatIf.step !== step && <span className="quiet"> Of step {whatIf.step}.</span>}
        </Outcome>
      )}
      {actions && <OracleKnobs knobs={ORACLE_KNOBS.filter(({ id }) => id === 'oracleContinuations')} />}
    </section>
  );
}

interface AlternativesProps extends TruthPartProps {
  values: NonNullable<TruthState['actions']>['values'];
  onTry: (token: number) => void;
}

const percent = (p: number) => `${formatNumber(100 * p, p >= 0.0995 ? 0 : 1)} %`;

/** π and Q of every token, likeliest first; the dashed line is V. A click continues from that token. */
function Alternatives({ batch, at, glyphOf, values, onTry }: AlternativesProps) {
  const { logits, baseTemperature, tokens } = batch;
  const policy = logits ? logProbabilities(logits, at.token, baseTemperature) : null;
  const order = values.actions.map((_, id) => id).sort((a, b) => (policy ? policy[b] - policy[a] : 0) || a - b);
  return (
    <>
      <div className="alternatives" role="group" aria-label="Alternatives">
        <table aria-label="Value of every next token">
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col">π</th>
              <th scope="col">Q, dashed: V = {formatNumber(values.value.estimate, 2)}</th>
              <th scope="col">Q</th>
            </tr>
          </thead>
          <tbody>
            {order.map((id) => (
              <tr key={id} className={id === tokens[at.token] ? 'is-sampled' : undefined}>
                <th scope="row">
                  <button type="button" className="button" aria-label={`What if ${glyphOf(id)}`} onClick={() => onTry(id)}>
                    {glyphOf(id)}
                  </button>
                </th>
                <td>{policy ? percent(exp(policy[id])) : '–'}</td>
                <td className="q-cell">
                  <QBar action={values.actions[id]} value={values.value.estimate} />
                </td>
                <td title={interval(values.actions[id])}>{formatNumber(values.actions[id].estimate, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet">
        V = {interval(values.value)}. Whiskers:{' '}
        {values.actions.every(({ kind }) => kind === 'exact') ? 'certified' : 'certified, or 95 % where estimated'}. Click a token to go on
        from it.
      </p>
    </>
  );
}

function interval({ estimate, low, high, kind }: ValueEstimate): string {
  return `${formatNumber(estimate, 3)} in [${formatNumber(low, 3)}, ${formatNumber(high, 3)}]${kind === 'exact' ? '' : ' (95 %)'}`;
}

function QBar({ action, value }: { action: ValueEstimate; value: number }) {
  return (
    <span className="q-track">
      <span className="q-bar" style={{ width: `${100 * action.estimate}%` }} />
      <span className="q-range" style={{ left: `${100 * action.low}%`, width: `${100 * (action.high - action.low)}%` }} />
      <span className="q-base" style={{ left: `${100 * value}%` }} />
    </span>
  );
}

function Outcome({
  token,
  outcome,
  glyphOf,
  children,
}: NonNullable<TruthState['whatIf']> & { glyphOf: (id: number) => string; children: ReactNode }) {
  return (
    <div className="what-if" role="status" aria-label="What if">
      <p>
        With <code>{glyphOf(token)}</code> instead: reward <strong>{formatNumber(outcome.mean, 2)}</strong>
        {outcome.count > 1
          ? ` ± ${formatNumber(outcome.standardError, 2)} over ${outcome.count} continuations.`
          : ', for the answer ends there.'}
        {children}
      </p>
      <ul className="what-if-samples">
        {outcome.samples.map(({ tokens, reward }, k) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: continuations have no other name and never change places
          <li key={k}>
            {reward > 0 ? '✓' : '✗'} <code>{tokens.map(glyphOf).join('')}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
