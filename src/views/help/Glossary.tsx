import { useMemo, useState } from 'react';
import { GLOSSARY } from '../../content/glossary.ts';
import { ORACLE_KNOBS } from '../../core/oracle/knobs.ts';
import { knobsOf } from '../../core/pipeline.ts';
import { laneChoices } from '../../state/lanes.ts';
import { SETTINGS } from '../../state/settings.ts';
import { Tex } from '../../ui/Tex.tsx';
import { useLabState } from '../app/labContext.ts';
import type { Definition } from './define.ts';
import './help.css';

/** Every word of the page, with the lanes and knobs of the methods, to search in. */
export function Glossary() {
  const methods = useLabState((state) => state.methods);
  const [asked, setAsked] = useState('');
  const all = useMemo(() => {
    const words = new Map<string, Definition>();
    const add = (entry: Definition): void => void words.set(`${entry.term} ${entry.meaning}`.toLowerCase(), entry);
    for (const entry of Object.values(GLOSSARY)) add(entry);
    for (const method of Object.values(methods)) {
      for (const { label, meaning } of laneChoices(method)) add({ term: label, meaning });
      for (const { label, symbol, meaning } of knobsOf(method)) add({ term: label, symbol, meaning });
    }
    for (const { label, symbol, meaning } of [...SETTINGS, ...ORACLE_KNOBS]) add({ term: label, symbol, meaning });
    return [...words].sort(([, a], [, b]) => a.term.localeCompare(b.term, 'en'));
  }, [methods]);
  const found = all.filter(([text]) => text.includes(asked.trim().toLowerCase()));
  return (
    <section aria-labelledby="glossary-title">
      <h3 id="glossary-title">Words</h3>
      <input
        type="search"
        className="glossary-search"
        aria-label="Search the words"
        placeholder="search words, lanes and knobs"
        value={asked}
        onChange={(event) => setAsked(event.currentTarget.value)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it */}
      <section className="glossary" tabIndex={0} aria-label="Words and their meanings">
        <dl>
          {found.map(([text, { term, symbol, meaning }]) => (
            <div key={text}>
              <dt>
                {term} {symbol && <Tex latex={symbol} />}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </section>
      <p role="status" className="visually-hidden">
        {found.length} words
      </p>
    </section>
  );
}
