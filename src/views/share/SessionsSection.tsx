import { useState } from 'react';
import { useStore } from 'zustand';
import { openFile, openSaved } from '../../state/openFile.ts';
import { captureSession } from '../../state/session.ts';
import { encodeSession } from '../../state/sessionFile.ts';
import { MAX_SESSION_NAME, sessionsOfBrowser } from '../../state/sessionShelf.ts';
import { downloadFile } from '../../ui/download.ts';
import { useLab } from '../app/labContext.ts';
import { SessionRow } from './SessionRow.tsx';

const EXTENSION = 'creditscope';

const fileName = (name: string): string => `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-') || 'session'}.${EXTENSION}`;

/** Run, batch and view, kept under a name in this browser or as a file. */
export function SessionsSection() {
  const lab = useLab();
  const shelf = sessionsOfBrowser();
  const list = useStore(shelf.store, (state) => state.list);
  const problem = useStore(shelf.store, (state) => state.problem);
  const [name, setName] = useState(() => {
    const { task, step, viewMethod, methods } = lab.store.getState();
    return `${task?.meta.title ?? ''} step ${step}, ${methods[viewMethod]?.meta.title ?? viewMethod}`;
  });
  const [said, setSaid] = useState('');
  const [putBack, setPutBack] = useState<(() => Promise<string | null>) | null>(null);

  /** Shows what came of it; what can be undone is forgotten with the next action. */
  const tell = async (work: Promise<string | null>, done: string): Promise<void> => {
    setPutBack(null);
    try {
      setSaid((await work) ?? done);
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  const now = () => captureSession(lab, name.trim() || 'session', new Date().toISOString());
  const asFile = async (session: ReturnType<typeof now>): Promise<null> => {
    const taken = await session;
    downloadFile(fileName(taken.name), new Blob([encodeSession(taken)], { type: 'application/octet-stream' }));
    return null;
  };
  const remove = async (id: number, title: string): Promise<void> => {
    const undo = await shelf.remove(id);
    setPutBack(() => undo);
    setSaid(undo ? `Removed “${title}”.` : 'It could not be removed.');
  };

  return (
    <>
      <p>The run with its training state, the samples and the view: reopened, training goes on from there.</p>
      <form
        className="share-name"
        onSubmit={(event) => {
          event.preventDefault();
          void tell(
            now().then((session) => shelf.save(session)),
            'Saved in this browser.',
          );
        }}
      >
        <input
          aria-label="Name of the session"
          value={name}
          maxLength={MAX_SESSION_NAME}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" className="button is-primary">
          Save in this browser
        </button>
        <button type="button" className="button" onClick={() => void tell(asFile(now()), 'Saved as a file.')}>
          Save as a file
        </button>
      </form>
      <label className="share-name">
        <span>Open a session or rollouts (JSON), or drop the file anywhere on the page:</span>
        <input
          type="file"
          accept={`.${EXTENSION},.json,application/json`}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = '';
            if (file) void tell(openFile(lab, file), 'Opened.');
          }}
        />
      </label>
      <p className="quiet" role="status">
        {said || problem}
      </p>
      {putBack && (
        <button type="button" className="button" onClick={() => void tell(putBack(), 'It is back.')}>
          Undo
        </button>
      )}
      <h3>Saved in this browser</h3>
      {list.length === 0 ? (
        <p className="quiet">None yet.</p>
      ) : (
        <ul className="sessions">
          {list.map((saved) => (
            <SessionRow
              key={saved.id}
              saved={saved}
              onOpen={() =>
                void tell(
                  shelf.read(saved.id).then((session) => openSaved(lab, session)),
                  'Opened.',
                )
              }
              onFile={() => void tell(asFile(shelf.read(saved.id)), 'Saved as a file.')}
              onRename={(title) => tell(shelf.rename(saved.id, title), 'Renamed.')}
              onRemove={() => void remove(saved.id, saved.name)}
            />
          ))}
        </ul>
      )}
    </>
  );
}
