import type { MethodMeta } from '../../core/stages/types.ts';

/** Who, when and where, with the paper's page as a plain link: nothing is loaded from there. */
export function PaperLink({ paper: { authors, year, arxiv, venue } }: { paper: MethodMeta['paper'] }) {
  return (
    <>
      {authors}, {year}
      {venue && `, ${venue}`}
      {arxiv && (
        <>
          ,{' '}
          <a href={`https://arxiv.org/abs/${arxiv}`} rel="noopener noreferrer" target="_blank">
            arXiv {arxiv}
          </a>
        </>
      )}
    </>
  );
}
