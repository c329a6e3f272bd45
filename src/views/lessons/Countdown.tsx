import { useEffect, useState } from 'react';

const SECONDS = 20;

/** Time for a prediction, started by the teacher; nothing happens by itself when it is up. */
export function Countdown() {
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    if (left === null || left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  const text = left === null ? `${SECONDS} s` : left === 0 ? 'time' : `${left} s`;
  return (
    <button
      type="button"
      className="button lesson-countdown"
      aria-label={`Countdown for the class: ${text}`}
      onClick={() => setLeft(SECONDS)}
    >
      {text}
    </button>
  );
}
