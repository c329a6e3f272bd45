import { useState } from 'react';
import { MAX_SESSION_NAME } from '../../state/sessionShelf.ts';
import type { SavedSession } from '../../state/sessionShelf.ts';

interface SessionRowProps {
  saved: SavedSession;
  onOpen: () => void;
  onFile: () => void;
  onRename: (name: string) => Promise<void>;
  onRemove: () => void;
}

/** One saved session with what can be done with it. */
export function SessionRow({ saved, onOpen, onFile, onRename, onRemove }: SessionRowProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const { name, savedAt, step, taskId, source, bytes } = saved;
  const commit = async (): Promise<void> => {
    if (draft !== null && draft !== name) await onRename(draft);
    setDraft(null);
  };
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  return (
    <li className="session">
      {draft === null ? (
        <p className="session-words">
          {name}
          <span className="quiet">
            {taskId}, {source === 'live' ? '' : `${source}, `}step {step} · {new Date(savedAt).toLocaleString()} · {size}
          </span>
        </p>
      ) : (
        <input
          aria-label={`New name of ${name}`}
          value={draft}
          maxLength={MAX_SESSION_NAME}
          // biome-ignore lint/a11y/noAutofocus: the user asked to type here
          autoFocus
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => void commit()}
          onKeyDown={(event) => {
            if (event.key === 'Enter') void commit();
            if (event.key === 'Escape') {
              event.preventDefault();
              event.stopPropagation();
              setDraft(null);
            }
          }}
        />
      )}
      <button type="button" className="button" aria-label={`Open ${name}`} onClick={onOpen}>
        Open
      </button>
      <button type="button" className="button" aria-label={`Rename ${name}`} onClick={() => setDraft(name)}>
        Rename
      </button>
      <button type="button" className="button" aria-label={`Save ${name} as a file`} onClick={onFile}>
        As a file
      </button>
      <button type="button" className="button" aria-label={`Remove ${name}`} onClick={onRemove}>
        Remove
      </button>
    </li>
  );
}
