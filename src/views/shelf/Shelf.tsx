import { useState } from 'react';
import { METHODS } from '../../core/methods/index.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { Knobs } from './Knobs.tsx';

/** All methods, each to view as or to train with, and the knobs of what is viewed. */
export function Shelf() {
  const lab = useLab();
  return (
    <section className="shelf" aria-label="Methods and knobs">
      <div className="panel-head">
        <h2>Methods</h2>
        <IconButton label="Fold methods and knobs" onClick={() => lab.toggleShelf()}>
          ✕
        </IconButton>
      </div>
      <MethodList />
      <Knobs />
    </section>
  );
}

function matches(words: string, query: string): boolean {
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((part) => words.toLowerCase().includes(part));
}

function MethodList() {
  const lab = useLab();
  const [query, setQuery] = useState('');
  const methods = useLabState((state) => state.methods);
  const view = useLabState((state) => state.viewMethod);
  const train = useLabState((state) => state.trainMethod);
  const found = METHODS.filter(({ id, title, family }) => {
    const meta = methods[id]?.meta;
    return matches([title, family, meta?.fullName, meta?.changes, meta?.paper.authors, meta?.paper.arxiv].join(' '), query);
  });
  return (
    <>
      <input
        type="search"
        className="shelf-search"
        aria-label="Search methods"
        placeholder="search methods"
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <table className="method-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">Method</span>
            </th>
            <th scope="col">View as</th>
            <th scope="col">Train with</th>
          </tr>
        </thead>
        <tbody>
          {found.map(({ id, title }) => (
            <tr key={id} data-viewed={id === view}>
              <th scope="row" title={methods[id]?.meta.changes}>
                {title}
              </th>
              <td>
                <input
                  type="radio"
                  name="view-as"
                  aria-label={`View as ${title}`}
                  checked={id === view}
                  onChange={() => void lab.setViewMethod(id)}
                />
              </td>
              <td>
                <input
                  type="radio"
                  name="train-with"
                  aria-label={`Train with ${title}`}
                  checked={id === train}
                  onChange={() => void lab.setTrainMethod(id)}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length === 0 && <p className="quiet">No method matches “{query}”.</p>}
    </>
  );
}
