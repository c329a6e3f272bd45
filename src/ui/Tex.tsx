import { useEffect, useRef } from 'react';
import { loadKatex, plainTex, renderTex } from './katex.ts';

/** A short piece of mathematics without live terms: a knob's symbol, a legend. */
export function Tex({ latex }: { latex: string }) {
  const host = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let isCurrent = true;
    element.textContent = plainTex(latex);
    loadKatex().then(
      (katex) => {
        if (!isCurrent) return;
        try {
          renderTex(katex, latex, element);
        } catch {
          element.textContent = plainTex(latex);
        }
      },
      () => {
        // Offline or blocked: the plain text stays, and says the same.
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [latex]);
  return <span ref={host} className="tex" />;
}
