import { useLab, useLabState } from '../app/labContext.ts';

/** Under a panel that stands alone in somebody's slides: the way to the whole page, at this very view. */
export function EmbedNote() {
  const lab = useLab();
  // The link follows the view: these are what changes it most.
  useLabState((state) => state.viewMethod);
  useLabState((state) => state.step);
  useLabState((state) => state.pin);
  return (
    <footer className="embed-note">
      <a href={lab.shareLink(location.href, { embed: null, hide: [] })} target="_blank" rel="noopener">
        Open in Creditscope
      </a>
    </footer>
  );
}
