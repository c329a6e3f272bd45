import { useState } from 'react';
import { aboutOf, fileStem, shownMethods } from '../../state/about.ts';
import { bibtexOf, bibtexOfPage } from '../../state/bibtex.ts';
import { batchFile, creditCommand, tokenCsv, tokenJson } from '../../state/exportNumbers.ts';
import { downloadText } from '../../ui/download.ts';
import { useLab } from '../app/labContext.ts';
import { CopyField } from './CopyField.tsx';

/** The numbers of the whole batch, the batch itself, and the papers. */
export function NumbersSection() {
  const lab = useLab();
  const [said, setSaid] = useState('');
  const about = aboutOf(lab, location.href);
  const stem = fileStem(about);
  const batchName = `${stem}-batch.json`;
  const save = (name: string, type: Parameters<typeof downloadText>[1], text: () => string) => (): void => {
    try {
      downloadText(name, type, text());
      setSaid(`Saved ${name}.`);
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  const state = lab.store.getState;
  const bibtex = (): string =>
    [...shownMethods(state()).map(({ meta }) => bibtexOf(meta)), bibtexOfPage(about.commit, about.link)].join('\n');
  return (
    <>
      <div className="share-files">
        <button type="button" className="button" onClick={save(`${stem}.csv`, 'text/csv', () => tokenCsv(state(), about))}>
          Numbers as CSV
        </button>
        <p>One line a token of the whole batch: log-probabilities, entropies, advantage, credit, clip, every shown lane.</p>
        <button type="button" className="button" onClick={save(`${stem}.json`, 'application/json', () => tokenJson(state(), about))}>
          Numbers as JSON
        </button>
        <p>The same, with the knobs.</p>
        <button type="button" className="button" onClick={save(batchName, 'application/json', () => batchFile(state(), about, batchName))}>
          Batch as JSON
        </button>
        <p>For the command line, which gives the same credit without a browser. Drop it on the page to see it again.</p>
        <button type="button" className="button" onClick={save(`${stem}.bib`, 'text/plain', bibtex)}>
          Papers as BibTeX
        </button>
        <p>The methods on the screen, and this page. {about.citation[1]}</p>
      </div>
      <h3>The credit of that batch without a browser</h3>
      <CopyField label="Command" text={creditCommand(about, batchName)} />
      <p className="quiet" role="status">
        {said}
      </p>
    </>
  );
}
