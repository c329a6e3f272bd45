import { useEffect, useState } from 'react';
import type { Lab } from '../../state/lab.ts';
import { Header } from '../header/Header.tsx';
import type { CellRef } from '../matrix/types.ts';
import { Announcer, Notices } from '../notices/Notices.tsx';
import { Rail } from '../rail/Rail.tsx';
import { CurvesBar } from './CurvesBar.tsx';
import { Deferred } from './Deferred.tsx';
import { Intro } from './Intro.tsx';
import { idle } from './idle.ts';
import { LabContext, useLab, useLabState } from './labContext.ts';
import { Matrix } from './Matrix.tsx';
import { Room } from './Room.tsx';
import { runShortcut } from './shortcuts.ts';
import { Toolbar } from './Toolbar.tsx';
import { useThemeAttribute } from './useTheme.ts';
import { WorkspaceTabs } from './WorkspaceTabs.tsx';
import { ROOMS } from './workspaces.ts';

/** The whole page around one lab. */
export function App({ lab }: { lab: Lab }) {
  return (
    <LabContext value={lab}>
      <Page />
    </LabContext>
  );
}

const loadComparison = async () => (await import('../compare/CompareStage.tsx')).CompareStage;
/** Asked for once there is a batch, which is drawn first; their places are kept. */
const loadSentence = async () => {
  await idle();
  return (await import('../sentence/Sentence.tsx')).Sentence;
};
const loadSide = async () => {
  await idle();
  return (await import('./Side.tsx')).Side;
};
const loadShelf = async () => (await import('../shelf/Shelf.tsx')).Shelf;
const loadEditor = async () => (await import('./EditResponse.tsx')).EditResponse;
const loadShare = async () => (await import('../share/ShareDialog.tsx')).ShareDialog;
const loadEmbedNote = async () => (await import('../share/EmbedNote.tsx')).EmbedNote;
const loadWhatIsThis = async () => (await import('../help/WhatIsThis.tsx')).WhatIsThis;
const loadHelp = async () => (await import('../help/Help.tsx')).Help;

function Page() {
  const lab = useLab();
  const shelfOpen = useLabState((state) => state.shelfOpen);
  const hasBatch = useLabState((state) => state.batch !== null);
  const curvesOpen = useLabState((state) => state.curvesOpen);
  const isComparing = useLabState((state) => state.compare !== null);
  const helpOpen = useLabState((state) => state.helpOpen);
  const explaining = useLabState((state) => state.explaining);
  const inLab = useLabState((state) => !ROOMS.some(({ id }) => id === state.workspace));
  const shareOpen = useLabState((state) => state.shareOpen);
  const hide = useLabState((state) => state.hide);
  const embed = useLabState((state) => state.embed);
  const [highlight, setHighlight] = useState<readonly CellRef[] | null>(null);
  const [edited, setEdited] = useState<number | null>(null);
  const [sideProps] = useState(() => ({ onHighlight: setHighlight }));
  useThemeAttribute();
  const lecture = useLabState((state) => state.lecture);
  useEffect(() => {
    document.documentElement.toggleAttribute('data-lecture', lecture);
  }, [lecture]);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (runShortcut(lab, event)) event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [lab]);
  return (
    <div
      className="page"
      data-shelf={shelfOpen && !hide.includes('shelf') ? 'open' : 'folded'}
      data-curves={curvesOpen ? 'open' : 'folded'}
      data-hide={hide.join(' ')}
      data-embed={embed ?? undefined}
    >
      <Header />
      {inLab ? (
        <main className="lab">
          <WorkspaceTabs />
          {shelfOpen && <Deferred load={loadShelf} className="shelf" />}
          <div className="stage">
            <Intro />
            <div className="stage-bars">
              <Rail />
              <Toolbar />
            </div>
            {isComparing ? (
              <Deferred load={loadComparison} className="matrix-place" props={{ highlight, onEdit: setEdited }} />
            ) : (
              <>
                <Matrix highlight={highlight} onEdit={setEdited} />
                {hasBatch ? <Deferred load={loadSentence} className="sentence" /> : <div className="sentence" />}
              </>
            )}
          </div>
          {hasBatch ? <Deferred load={loadSide} className="side side-empty" props={sideProps} /> : <div className="side side-empty" />}
        </main>
      ) : (
        <Room />
      )}
      <CurvesBar />
      {edited !== null && (
        <Deferred load={loadEditor} className="dialog-wait" props={{ response: edited, onClose: () => setEdited(null) }} />
      )}
      {shareOpen && <Deferred load={loadShare} className="dialog-wait" />}
      {helpOpen && <Deferred load={loadHelp} className="dialog-wait" />}
      {explaining && <Deferred load={loadWhatIsThis} className="dialog-wait" />}
      {embed && <Deferred load={loadEmbedNote} className="embed-note" />}
      <Notices />
      <Announcer />
    </div>
  );
}
