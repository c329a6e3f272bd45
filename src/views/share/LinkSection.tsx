import { useState } from 'react';
import { EMBEDS, PARTS } from '../../state/types.ts';
import type { Embed, Part } from '../../state/types.ts';
import { Select } from '../../ui/Select.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { CopyField } from './CopyField.tsx';

const PART_WORDS: Readonly<Record<Part, string>> = {
  header: 'the whole header',
  tabs: 'tabs',
  task: 'task',
  model: 'model',
  train: 'training',
  seed: 'seed',
  share: 'share',
  shelf: 'methods and knobs',
  intro: 'heading',
  rail: 'pipeline',
  toolbar: 'toolbar',
  switch: 'method switch',
  sentence: 'sentence',
  side: 'inspector',
  curves: 'curves',
};

const EMBED_WORDS: Readonly<Record<Embed, string>> = {
  matrix: 'token matrix',
  tree: 'prefix tree',
  inspector: 'inspector of the pinned token',
};

/** Heights, px, in which each panel shows the first screen's group without scrolling. */
const EMBED_HEIGHT: Readonly<Record<Embed, number>> = { matrix: 460, tree: 460, inspector: 640 };

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** The view as a link, without what a teacher does not want, or one panel as a frame. */
export function LinkSection() {
  const lab = useLab();
  const edits = useLabState((state) => state.edits.length);
  const isOpened = useLabState((state) => state.source === 'opened');
  const [hide, setHide] = useState<readonly Part[]>(() => lab.store.getState().hide);
  const [embed, setEmbed] = useState<Embed>('matrix');
  const frame = `<iframe src="${escaped(lab.shareLink(location.href, { embed, hide: [] }))}" width="960" height="${EMBED_HEIGHT[embed]}" style="border: 0" title="Creditscope: ${EMBED_WORDS[embed]}" loading="lazy"></iframe>`;
  return (
    <>
      <p>
        The link opens this very view again: same samples, same numbers.
        {edits > 0 && ' Changes made by hand are not part of it.'}
        {isOpened && ' The samples of your file are not part of it: save a session.'}
      </p>
      <CopyField label="Link" text={lab.shareLink(location.href, { hide })} isFirst />
      <fieldset>
        <legend>Leave out, for a class:</legend>
        <div className="share-parts">
          {PARTS.map((part) => (
            <label key={part} className="check">
              <input
                type="checkbox"
                checked={hide.includes(part)}
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  setHide(PARTS.filter((other) => (other === part ? checked : hide.includes(other))));
                }}
              />{' '}
              {PART_WORDS[part]}
            </label>
          ))}
        </div>
      </fieldset>
      <h3>One panel, for slides or an article</h3>
      <Select label="panel" value={embed} options={EMBEDS.map((id) => ({ id, label: EMBED_WORDS[id] }))} onChange={setEmbed} />
      <CopyField label="Frame" text={frame} isLong />
    </>
  );
}
