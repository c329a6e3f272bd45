import { lineOf } from './lines.ts';

/** A piece of an entrant's curve, beside its name. */
export function LineSample({ line }: { line: number }) {
  const { dash, colour } = lineOf(line);
  return (
    <svg className="race-sample" width="34" height="8" viewBox="0 0 34 8" aria-hidden="true" focusable="false">
      <path className="race-line" d="M0,4H34" strokeDasharray={dash} style={{ stroke: colour }} />
    </svg>
  );
}
