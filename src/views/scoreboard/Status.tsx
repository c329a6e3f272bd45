import type { GradientCertificate } from '../../core/metrics/gradientQuality.ts';
import type { Scoreboard } from '../../state/scoreboard.ts';
import type { ScoreboardState } from '../../state/scoreboardTypes.ts';
import { formatCompact, formatNumber } from '../../ui/number.ts';

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** What the board is about, what it waits for, and how exact the exact gradient is. */
export function Status({ board, state }: { board: Scoreboard; state: ScoreboardState }) {
  const { frozen, isBehind, truthShare, message, gradients } = state;
  if (!frozen) return null;
  const { batch, source, step } = frozen;
  const estimated = batch.groups.filter(({ truthKind }) => truthKind === 'monte-carlo').length;
  const { status, share, unopened, residual, certificate, isOwn } = gradients;
  return (
    <div className="score-status">
      <p>
        {{ recorded: 'Recorded', opened: 'Opened', live: 'Live' }[source]}, step {step}: {batch.groups.length} prompts,{' '}
        {batch.responses.length} samples, {batch.tokens.length} tokens.
        {estimated > 0 && ` The truth of ${estimated} of the prompts is estimated from continuations.`}
        {batch !== frozen.shown && frozen.shown.responses.some(({ edited }) => edited) && ' Answers edited by hand are left out.'}
        {isBehind && (
          <button type="button" className="button" onClick={board.freeze}>
            Score the newest step
          </button>
        )}
      </p>
      {truthShare !== null && <Progress label="True values, prompt by prompt" share={truthShare} />}
      {message && (
        <p className="score-trouble" role="alert">
          {message}
        </p>
      )}
      {status === 'running' && <Progress label="Gradients, beside the training" share={share} />}
      {!Number.isNaN(unopened) && (
        <p className="quiet">
          Exact gradient: {formatCompact(100 * unopened, 2)} % of the policy’s mass left out, estimated error{' '}
          {formatCompact(100 * residual, 2)} %.{certificate && <Certificate certificate={certificate} />}
          {!isOwn && ' Taken at the checkpoint, one step after this recording: the weights that drew it are not shipped.'}
        </p>
      )}
      {status === 'failed' && (
        <p className="score-trouble" role="alert">
          The gradients could not be compared: {gradients.message}
        </p>
      )}
    </div>
  );
}

/** The same gradient from trees ten times as fine. */
function Certificate({ certificate }: { certificate: GradientCertificate }) {
  const { epsilon, residual, cosineToFiner, cosineChange, cutShort } = certificate;
  return (
    <span className="score-certificate" title="Unopened mass × largest reward × largest score met, over the gradient’s length: no bound">
      {' '}
      From the prompts alone at ε = {formatCompact(epsilon)}: estimated error {formatCompact(100 * residual, 2)} %, cosine with the gradient
      at ε/10 {formatNumber(cosineToFiner, 6)}, so that no cosine here would move by more than {formatCompact(cosineChange, 2)}.
      {cutShort > 0 && ` For ${cutShort} of the prompts the budget ended the tree before ε/10.`}
    </span>
  );
}

function Progress({ label, share }: { label: string; share: number }) {
  return (
    <label className="score-progress">
      {label}
      <progress max={1} value={share} />
      <span>{percent(share)}</span>
    </label>
  );
}
