import './compare.css';
import { type FormEvent, useState } from 'react';
import { useStore } from 'zustand';
import { isSameMix } from '../../state/credit.ts';
import { MAX_NAME, mixesOfBrowser, savedAs } from '../../state/mixes.ts';
import { useLab, useLabState } from '../app/labContext.ts';

/** What can be done with the stages that were taken from other methods: name and save them, train with them, compare, give back. */
export function MixBar() {
  const lab = useLab();
  const mixes = mixesOfBrowser();
  const { list, problem: storageProblem } = useStore(mixes.store);
  const method = useLabState((state) => state.viewMethod);
  const mix = useLabState((state) => state.mix);
  const methods = useLabState((state) => state.methods);
  const isTrained = useLabState((state) => state.trainMethod === method && isSameMix(state.trainMix, mix));
  const isComparing = useLabState((state) => state.compare !== null);
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const saved = savedAs(list, method, mix);
  const title = methods[method]?.meta.title ?? method;
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const said = await mixes.save(name, method, mix);
    setProblem(said);
    if (said !== null) return;
    setName('');
    lab.announce(`Saved as ${name.trim()}: it is in the list of methods.`);
  };
  return (
    <form className="mix-bar" aria-label="Mix" onSubmit={(event) => void save(event)}>
      <span className="mix-title">
        <span className="quiet">mix</span> {saved ? <strong>{saved.name}</strong> : <>of {title}</>}
      </span>
      {!saved && (
        <>
          <input
            type="text"
            aria-label="Name of this mix"
            aria-invalid={problem !== null}
            placeholder="name this mix"
            maxLength={MAX_NAME}
            autoComplete="off"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setProblem(null);
            }}
          />
          <button type="submit" className="button">
            save
          </button>
        </>
      )}
      <button type="button" className="button" aria-pressed={isTrained} onClick={() => void lab.setTrainMethod(method, mix)}>
        {isTrained ? '✓ trains with it' : 'train with it'}
      </button>
      {!isComparing && (
        <button
          type="button"
          className="button"
          onClick={() => lab.setCompare({ side: { method, mix: {}, overrides: null }, lane: null, differenceOnly: false })}
        >
          compare with {title}
        </button>
      )}
      <button type="button" className="button" onClick={() => void lab.setViewMethod(method)}>
        back to {title}
      </button>
      <span className="mix-problem" role="status">
        {problem ?? (saved ? storageProblem : null)}
      </span>
    </form>
  );
}
