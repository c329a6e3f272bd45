import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { FAMILY_TITLES } from '../../content/families.ts';
import type { MethodEntry } from '../../core/methods/index.ts';
import { isSameMix } from '../../state/credit.ts';
import { KEYED, matchesQuery, SHELF } from '../../state/shelf.ts';
import { useLab, useLabState } from '../app/labContext.ts';
import { MixRows } from './MixRows.tsx';

/** The methods by what they change, with a search. Arrows move and view at once; a letter typed in the list goes to the search. */
export function MethodList() {
  const lab = useLab();
  const [query, setQuery] = useState('');
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const isClicked = useRef(false);
  const methods = useLabState((state) => state.methods);
  const view = useLabState((state) => state.viewMethod);
  const found = SHELF.map(({ family, entries }) => ({
    family,
    entries: entries.filter((entry) => matchesQuery(entry, methods[entry.id]?.meta, query)),
  })).filter(({ entries }) => entries.length > 0);

  useEffect(() => {
    // A key or the large switch may have chosen a method that has scrolled out of the list.
    list.current?.querySelector(`[data-method="${view}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [view]);

  const onSearchKey = (event: KeyboardEvent): void => {
    const first = found[0]?.entries[0];
    if (event.key === 'ArrowDown') {
      const rows = list.current?.querySelectorAll<HTMLInputElement>('input[name="view-as"]') ?? [];
      ([...rows].find((row) => row.checked) ?? rows[0])?.focus();
    } else if (event.key === 'Enter' && first) void lab.setViewMethod(first.id);
    else if (event.key === 'Escape' && query !== '') setQuery('');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onListKey = (event: KeyboardEvent): void => {
    if (/^(Arrow|Tab)/.test(event.key)) isClicked.current = false;
    // After a click a letter is still a shortcut: who points at methods presses T for the tree.
    if (isClicked.current || !/^\p{L}$/u.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    // The key itself lands in the field that now has the focus. It must not be a shortcut as well.
    event.stopPropagation();
    setQuery('');
    search.current?.focus();
  };

  return (
    <>
      <input
        ref={search}
        type="search"
        className="shelf-search"
        aria-label="Search methods"
        placeholder="search: name, author, idea"
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={onSearchKey}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: only what bubbles up from the radio buttons */}
      <div
        ref={list}
        className="method-list"
        onKeyDown={onListKey}
        onClick={(event) => {
          // Arrows click radio buttons too, but not with a pointer.
          if (event.detail > 0) isClicked.current = true;
        }}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) isClicked.current = false;
        }}
      >
        {found.length === 0 ? (
          <p className="quiet" role="status">
            No method matches “{query}”.
          </p>
        ) : (
          <table className="method-table" aria-label="Methods">
            <thead>
              <tr>
                <th scope="col">
                  <span className="visually-hidden">Method</span>
                </th>
                <th scope="col">view as</th>
                <th scope="col">train with</th>
              </tr>
            </thead>
            <MixRows query={query} />
            {found.map(({ family, entries }) => (
              <tbody key={family}>
                <tr>
                  <th colSpan={3} scope="rowgroup" className="method-family">
                    {FAMILY_TITLES[family]}
                  </th>
                </tr>
                {entries.map((entry) => (
                  <MethodRow key={entry.id} entry={entry} />
                ))}
              </tbody>
            ))}
          </table>
        )}
      </div>
    </>
  );
}

function MethodRow({ entry: { id, title } }: { entry: MethodEntry }) {
  const lab = useLab();
  const changes = useLabState((state) => state.methods[id]?.meta.changes);
  const isViewed = useLabState((state) => state.viewMethod === id && isSameMix(state.mix, {}));
  const isTrained = useLabState((state) => state.trainMethod === id && isSameMix(state.trainMix, {}));
  const key = KEYED.indexOf(id) + 1;
  const field = `view-as-${id}`;
  return (
    <tr data-method={id} data-viewed={isViewed}>
      <th scope="row" title={changes}>
        <label htmlFor={field}>
          {title}
          {key > 0 && <kbd title={`key ${key}`}>{key}</kbd>}
        </label>
      </th>
      <td>
        <input
          id={field}
          type="radio"
          name="view-as"
          aria-label={`View as ${title}`}
          checked={isViewed}
          onChange={() => void lab.setViewMethod(id)}
        />
      </td>
      <td>
        <input
          type="radio"
          name="train-with"
          aria-label={`Train with ${title}`}
          checked={isTrained}
          onChange={() => void lab.setTrainMethod(id)}
        />
      </td>
    </tr>
  );
}
