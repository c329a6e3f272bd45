import './truth.css';
import { useStore } from 'zustand';
import type { Working } from '../../state/truthTypes.ts';
import { truthOf } from '../../state/truthOf.ts';
import { formatNumber } from '../../ui/number.ts';
import { useLab, useLabState } from '../app/labContext.ts';

const WHAT: Readonly<Record<Working['what'], string>> = {
  truth: 'The truth of this prompt',
  spread: 'The standard deviation of the credit',
  actions: 'The value of every alternative',
  whatIf: 'What would have come of it',
};

/** Below this share a guess of the time left is none. */
const TOO_EARLY = 0.05;

/** How far the oracle is, with a guess of the time left; the buttons that give it up and ask again. */
export function TruthStatus() {
  const lab = useLab();
  const truth = truthOf(lab);
  const { working, waiting, isStopped, problem } = useStore(truth.store);
  const step = useLabState((state) => state.step);
  return (
    <span className="truth-status">
      {working && <Progress working={working} onCancel={truth.cancel} />}
      {waiting !== null && waiting !== step && (
        <span className="quiet">
          On screen is step {step}; the run is at step {waiting}.
        </span>
      )}
      {!working && (isStopped || problem) && (
        <span>
          {problem ?? 'The truth of this prompt was not worked out.'}{' '}
          <button type="button" className="button" onClick={truth.resume}>
            work it out
          </button>
        </span>
      )}
    </span>
  );
}

function Progress({ working, onCancel }: { working: Working; onCancel: () => void }) {
  const { what, step, progress, since } = working;
  const done = progress?.done ?? 0;
  const seconds = done > TOO_EARLY ? ((performance.now() - since) / 1000) * ((1 - done) / done) : null;
  return (
    <span className="truth-working">
      <span>
        {WHAT[what]} at step {step} is being worked out
        {progress &&
          `: ${progress.phase === 'enumerating' ? `${progress.nodes} prefixes` : 'continuations'}, ${formatNumber(100 * done, 0)} %`}
        {seconds !== null && `, about ${formatNumber(seconds, 1)} s left`}.
      </span>{' '}
      <progress value={done} max={1} aria-label="Work of the oracle" />{' '}
      <button type="button" className="button" onClick={onCancel}>
        cancel
      </button>
    </span>
  );
}
