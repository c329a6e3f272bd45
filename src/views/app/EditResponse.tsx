import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useLab, useLabState } from './labContext.ts';

interface EditResponseProps {
  /** Within the shown group. */
  response: number;
  onClose: () => void;
}

/** Writes a response by hand: the glyphs are checked, the worker scores them, the verifier gives the reward. */
export function EditResponse({ response, onClose }: EditResponseProps) {
  const lab = useLab();
  const task = useLabState((state) => state.task);
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState(() => lab.responseText(response));
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const said = await lab.editResponse(response, text);
    setBusy(false);
    if (said === null) onClose();
    else setProblem(said);
  };
  return (
    <dialog ref={dialog} className="dialog dialog-small" aria-labelledby="edit-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="edit-title">Rewrite sample {response + 1}</h2>
        <p>
          The model then says how likely each token was; the row is marked “edited, not sampled”. Glyphs:{' '}
          <code>{task?.vocabulary.join(' ')}</code>
        </p>
        <input
          className="response-field"
          type="text"
          aria-label="Response"
          aria-describedby="edit-problem"
          aria-invalid={problem !== null}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.currentTarget.value);
            setProblem(null);
          }}
        />
        <p id="edit-problem" className="problem" role="status">
          {problem}
        </p>
        <div className="dialog-buttons">
          <button type="submit" className="button is-primary" disabled={isBusy}>
            {isBusy ? 'scoring …' : 'Put it in'}
          </button>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
