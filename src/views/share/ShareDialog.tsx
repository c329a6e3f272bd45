import { useEffect, useRef, useState } from 'react';
import { Segmented } from '../../ui/Segmented.tsx';
import { useLab } from '../app/labContext.ts';
import { FigureSection } from './FigureSection.tsx';
import { LinkSection } from './LinkSection.tsx';
import { NumbersSection } from './NumbersSection.tsx';
import { SessionsSection } from './SessionsSection.tsx';
import './share.css';

const SECTIONS = [
  { id: 'link', label: 'Link', Section: LinkSection },
  { id: 'figure', label: 'Figure', Section: FigureSection },
  { id: 'numbers', label: 'Numbers', Section: NumbersSection },
  { id: 'sessions', label: 'Sessions', Section: SessionsSection },
] as const;

type SectionId = (typeof SECTIONS)[number]['id'];

/** Everything that can be taken out of the page, and what of it can be brought back. */
export function ShareDialog() {
  const lab = useLab();
  const [chosen, setChosen] = useState<SectionId>('link');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  const { Section } = SECTIONS.find(({ id }) => id === chosen) ?? SECTIONS[0];
  return (
    <dialog ref={dialog} className="dialog share" aria-labelledby="share-title" onClose={() => lab.setShare(false)}>
      <h2 id="share-title">Share and take along</h2>
      <Segmented label="What to take along" options={SECTIONS} value={chosen} onChange={setChosen} />
      <Section />
      <form method="dialog">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
