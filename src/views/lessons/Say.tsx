import { Fragment } from 'react';
import type { LessonView, Paragraph } from '../../content/lessons/types.ts';

/** A paragraph with its facts filled in from what is on the screen. */
export function Say({ paragraph, view, className }: { paragraph: Paragraph; view: LessonView; className?: string }) {
  return (
    <p className={className}>
      {paragraph.words.map((words, i) => {
        const fact = paragraph.facts[i]?.(view);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the words of a page never change places
          <Fragment key={i}>
            {words}
            {fact?.kind === 'number' && (
              <b className={fact.isSigned ? (/^−/.test(fact.text) ? 'is-negative' : 'is-positive') : undefined}>{fact.text}</b>
            )}
            {fact?.kind === 'code' && <code>{fact.text}</code>}
            {fact?.kind === 'text' && fact.text}
          </Fragment>
        );
      })}
    </p>
  );
}
