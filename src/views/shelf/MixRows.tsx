import '../compare/compare.css';
import { type FormEvent, useState } from 'react';
import { useStore } from 'zustand';
import { isSameMix } from '../../state/credit.ts';
import { MAX_NAME, mixesOfBrowser } from '../../state/mixes.ts';
import type { SavedMix } from '../../state/mixes.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { mixTitle } from '../compare/sides.ts';

/** The mixes of this browser at the head of the list of methods: to view as, to train with, to rename, to delete. */
export function MixRows({ query }: { query: string }) {
  const { list } = useStore(mixesOfBrowser().store);
  const words = query.toLowerCase().split(/\s+/);
  const found = list.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  if (found.length === 0) return null;
  return (
    <tbody>
      <tr>
        <th colSpan={3} scope="rowgroup" className="method-family">
          Your mixes
        </th>
      </tr>
      {found.map((saved) => (
        <MixRow key={saved.id} saved={saved} />
      ))}
    </tbody>
  );
}

function MixRow({ saved }: { saved: SavedMix }) {
  const lab = useLab();
  const mixes = mixesOfBrowser();
  const { id, name, method, mix } = saved;
  const methods = useLabState((state) => state.methods);
  const isViewed = useLabState((state) => state.viewMethod === method && isSameMix(state.mix, mix));
  const isTrained = useLabState((state) => state.trainMethod === method && isSameMix(state.trainMix, mix));
  const [draft, setDraft] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const field = `view-as-mix-${id}`;
  const rename = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const said = await mixes.rename(id, draft ?? name);
    setProblem(said);
    if (said === null) setDraft(null);
  };
  const remove = async (): Promise<void> => {
    await mixes.remove(id);
    lab.notify({
      id: 'mix removed',
      level: 'info',
      text: `The mix “${name}” was deleted.`,
      action: {
        label: 'Undo',
        run: () => {
          lab.dismiss('mix removed');
          void mixes.restore(saved);
        },
      },
    });
  };
  return (
    <tr data-mix={id} data-viewed={isViewed}>
      <th scope="row" title={mixTitle(methods, [], method, mix)}>
        {draft === null ? (
          <span className="mix-row">
            <label htmlFor={field}>{name}</label>
            <IconButton label={`Rename ${name}`} onClick={() => setDraft(name)}>
              ✎
            </IconButton>
            <IconButton label={`Delete ${name}`} onClick={() => void remove()}>
              ✕
            </IconButton>
          </span>
        ) : (
          <form className="mix-row" onSubmit={(event) => void rename(event)}>
            <input
              type="text"
              // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was just pressed
              autoFocus
              aria-label={`New name of ${name}`}
              aria-invalid={problem !== null}
              maxLength={MAX_NAME}
              value={draft}
              onChange={(event) => {
                setDraft(event.currentTarget.value);
                setProblem(null);
              }}
              onKeyDown={(event) => {
                // A letter typed here is neither a search nor a shortcut, and Escape only gives up the new name.
                event.stopPropagation();
                if (event.key === 'Escape') setDraft(null);
              }}
            />
            <button type="submit" className="button">
              save
            </button>
            <span className="mix-problem" role="status">
              {problem}
            </span>
          </form>
        )}
      </th>
      <td>
        <input
          id={field}
          type="radio"
          name="view-as"
          aria-label={`View as ${name}`}
          checked={isViewed}
          onChange={() => void lab.setViewMethod(method, mix)}
        />
      </td>
      <td>
        <input
          type="radio"
          name="train-with"
          aria-label={`Train with ${name}`}
          checked={isTrained}
          onChange={() => void lab.setTrainMethod(method, mix)}
        />
      </td>
    </tr>
  );
}
