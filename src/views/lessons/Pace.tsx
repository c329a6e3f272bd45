import { useEffect, useRef, useState } from 'react';
import { Segmented } from '../../ui/Segmented.tsx';

const PACES = [
  { id: 'key', label: 'by key', seconds: null },
  { id: 'quick', label: '2 s', seconds: 2 },
  { id: 'steady', label: '5 s', seconds: 5 },
  { id: 'slow', label: '10 s', seconds: 10 },
] as const;
type PaceId = (typeof PACES)[number]['id'];

interface PaceProps {
  /** The page that is shown; its time begins anew when it changes. */
  page: number;
  isReady: boolean;
  isLast: boolean;
  onTurn: () => void;
}

/** Turns pages at a chosen pace. Until one is chosen nothing moves, nor while the page is out of sight or under a dialog. */
export function Pace({ page, isReady, isLast, onTurn }: PaceProps) {
  const [pace, setPace] = useState<PaceId>('key');
  const [isHeld, setHeld] = useState(false);
  const turn = useRef(onTurn);
  turn.current = onTurn;
  const seconds = PACES.find(({ id }) => id === pace)?.seconds ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that was turned to has its whole time
  useEffect(() => {
    if (seconds === null || isHeld || !isReady) return;
    if (isLast) return setPace('key');
    const timer = setTimeout(() => {
      if (document.hidden || document.querySelector('dialog[open]')) setHeld(true);
      else turn.current();
    }, seconds * 1000);
    return () => clearTimeout(timer);
  }, [seconds, isHeld, isReady, isLast, page]);
  return (
    <div className="lesson-pace">
      <Segmented
        label="Pace of the pages"
        size="compact"
        options={PACES}
        value={pace}
        disabled={isLast}
        onChange={(id) => {
          setPace(id);
          setHeld(false);
        }}
      />
      {seconds !== null && (
        <button type="button" className="button" onClick={() => setHeld(!isHeld)}>
          {isHeld ? 'go on' : 'pause'}
        </button>
      )}
    </div>
  );
}
