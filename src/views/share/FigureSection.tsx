import { useEffect, useState } from 'react';
import { aboutOf, fileStem } from '../../state/about.ts';
import { downloadFile, downloadText } from '../../ui/download.ts';
import { Select } from '../../ui/Select.tsx';
import { useLab } from '../app/labContext.ts';
import { offeredFigures, pngOf, svgOf } from '../export/figures.ts';
import type { FigureKind } from '../export/figures.ts';

const WORDS: Readonly<Record<FigureKind, string>> = {
  matrix: 'token matrix, all shown lanes',
  tree: 'prefix tree, all shown lanes',
  branches: 'prefix tree, branches only',
  curves: 'training curves',
};

/** What is on the screen as a figure for a paper or a slide. */
export function FigureSection() {
  const lab = useLab();
  const [kinds] = useState(() => offeredFigures(lab));
  const [kind, setKind] = useState<FigureKind | undefined>(kinds[0]);
  const [svg, setSvg] = useState<string | null>(null);
  const [address, setAddress] = useState<string | undefined>();
  const [said, setSaid] = useState('');
  useEffect(() => {
    let isCurrent = true;
    let made: string | null = null;
    setSvg(null);
    if (kind)
      svgOf(lab, kind, aboutOf(lab, location.href)).then(
        (text) => {
          if (!isCurrent) return;
          made = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
          setSvg(text);
          setAddress(made);
          setSaid('');
        },
        (error: Error) => isCurrent && setSaid(error.message),
      );
    return () => {
      isCurrent = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [lab, kind]);
  if (!kind) return <p>There is nothing on the screen that can be drawn. Show the matrix, then open this window again.</p>;
  const stem = `${fileStem(aboutOf(lab, location.href))}-${kind}`;
  const savePng = async (): Promise<void> => {
    try {
      if (svg) downloadFile(`${stem}.png`, await pngOf(svg));
    } catch (error) {
      setSaid((error as Error).message || 'The browser could not draw the picture: take the SVG instead.');
    }
  };
  return (
    <>
      <p>As it stands on the screen, in print colours, with legend, caption, link and citation.</p>
      <Select label="figure" value={kind} options={kinds.map((id) => ({ id, label: WORDS[id] }))} onChange={setKind} />
      <img className="share-figure" src={address} alt={`Preview: ${WORDS[kind]}`} />
      <div className="share-buttons">
        <button
          type="button"
          className="button is-primary"
          disabled={!svg}
          onClick={() => svg && downloadText(`${stem}.svg`, 'image/svg+xml', svg)}
        >
          Save as SVG
        </button>
        <button type="button" className="button" disabled={!svg} onClick={() => void savePng()}>
          Save as PNG
        </button>
      </div>
      <p className="quiet" role="status">
        {said}
      </p>
    </>
  );
}
