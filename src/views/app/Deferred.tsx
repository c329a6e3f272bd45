import { type ComponentType, useEffect, useState } from 'react';
import { useLab } from './labContext.ts';

interface DeferredProps<P> {
  /** Imports the component; called once. */
  load: () => Promise<ComponentType<P>>;
  /** Class of the empty box that keeps the place meanwhile. */
  className: string;
  props?: P;
}

/** A part of the page whose code comes after the first heatmap. A part that fails to load says so and can be tried again. */
export function Deferred<P extends object>({ load, className, props }: DeferredProps<P>) {
  const lab = useLab();
  const [Part, setPart] = useState<ComponentType<P> | null>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` is what asks for another try
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (loaded) => {
        if (isCurrent) setPart(() => loaded);
      },
      () => {
        lab.notify({
          id: 'part',
          level: 'error',
          text: 'A part of the page did not arrive. Check the connection.',
          action: {
            label: 'Try again',
            run: () => {
              lab.dismiss('part');
              setAttempt((count) => count + 1);
            },
          },
        });
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [load, lab, attempt]);
  return Part ? <Part {...(props as P)} /> : <div className={className} aria-busy="true" />;
}
