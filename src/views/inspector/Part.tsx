import type { ReactNode } from 'react';

/** One stretch of the inspector under its heading. */
export function Part({ title, aside, children }: { title: string; aside?: string; children: ReactNode }) {
  return (
    <section className="part">
      <h3>
        {title}
        {aside && <span className="quiet"> {aside}</span>}
      </h3>
      {children}
    </section>
  );
}
