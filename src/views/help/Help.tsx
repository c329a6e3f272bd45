import { useEffect, useRef } from 'react';
import { useLab, useLabState } from '../app/labContext.ts';
import { Glossary } from './Glossary.tsx';
import { SHORTCUTS } from './shortcutList.ts';

/** What the keys do, how to switch them off, and what this page is. */
export function Help() {
  const lab = useLab();
  const isOpen = useLabState((state) => state.helpOpen);
  const areOn = useLabState((state) => state.shortcuts);
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isOpen && !dialog.current?.open) {
      dialog.current?.showModal();
      // Not the search: on a telephone its focus would bring the keyboard up over the words.
      heading.current?.focus();
    }
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="help-title" onClose={() => lab.setHelp(false)}>
      <h2 id="help-title" ref={heading} tabIndex={-1}>
        How to use Creditscope
      </h2>
      <p>
        A tiny language model answers each prompt several times; a verifier gives one reward at the end. Choose a method over the credit
        lane and see which tokens it rewards or blames. Click a token to read why. Press <em>train it</em> to let the model learn, here,
        with the method you chose.
      </p>
      <Glossary />
      <h3>Keys</h3>
      <label className="check">
        <input type="checkbox" checked={areOn} onChange={(event) => lab.setShortcuts(event.currentTarget.checked)} /> Shortcuts of one
        letter are on
      </label>
      <dl className="keys">
        {SHORTCUTS.map(({ keys, meaning }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet">
        The nearest tool is UNIPO (2026), which replays logged runs. Creditscope trains live and credits the same samples under any method.
      </p>
      <form method="dialog">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
