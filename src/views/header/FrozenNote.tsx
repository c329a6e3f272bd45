import './frozen.css';
import { useLabState } from '../app/labContext.ts';

/** Which step is held on screen, and how far the run is by now. */
export function FrozenNote() {
  const step = useLabState((state) => state.step);
  const run = useLabState((state) => state.metrics[state.metrics.length - 1]?.step ?? 0);
  return (
    <p className="step-count frozen-note">
      <span>
        frozen at step {step}
        {run > step && ' —'}
      </span>
      {run > step && <span> the run is at step {run}</span>}
    </p>
  );
}
