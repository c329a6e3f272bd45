import { useState } from 'react';
import { IconButton } from '../../ui/IconButton.tsx';
import { Select } from '../../ui/Select.tsx';
import { Deferred } from '../app/Deferred.tsx';
import { useLab, useLabState } from '../app/labContext.ts';
import { useTheme } from '../app/useTheme.ts';
import { Icon } from './icons.tsx';

/** Brand, what is trained, the transport, and what is always at hand: link, theme, help. */
export function Header() {
  return (
    <header className="top">
      <p className="brand">
        <span className="brand-mark" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        Creditscope
      </p>
      <Sources />
      <Transport />
      <Tools />
    </header>
  );
}

function Sources() {
  const lab = useLab();
  const tasks = useLabState((state) => state.tasks);
  const taskId = useLabState((state) => state.taskId);
  const checkpoints = useLabState((state) => state.checkpoints);
  const checkpointId = useLabState((state) => state.checkpointId);
  const shelfOpen = useLabState((state) => state.shelfOpen);
  return (
    <div className="top-group top-sources">
      <button
        type="button"
        className="button"
        data-part="shelf"
        aria-expanded={shelfOpen}
        aria-label="Methods and knobs"
        onClick={() => lab.toggleShelf()}
      >
        ☰ methods
      </button>
      <Select
        label="task"
        part="task"
        value={taskId}
        options={tasks.map(({ id, title }) => ({ id, label: title }))}
        onChange={(id) => void lab.selectTask(id)}
      />
      <Select
        label="model"
        part="model"
        value={checkpointId}
        disabled={checkpoints.length === 0}
        options={checkpoints.length === 0 ? [{ id: checkpointId, label: 'loading' }] : checkpoints.map(({ id, label }) => ({ id, label }))}
        onChange={(id) => void lab.selectCheckpoint(id)}
      />
    </div>
  );
}

const PLAY_WORDS = { idle: '▶ train it', starting: 'starting …', running: 'pause', paused: '▶ train', failed: '▶ try again' } as const;

function Transport() {
  const lab = useLab();
  const status = useLabState((state) => state.run.status);
  const canBack = useLabState((state) => state.canStepBack);
  const isRecorded = useLabState((state) => state.source === 'recorded' && !state.frozen);
  const hasBatch = useLabState((state) => state.batch !== null);
  return (
    <div className="top-group top-transport" data-part="train" role="group" aria-label="Training">
      <IconButton label="Back to the step before" disabled={!canBack} onClick={() => lab.stepBack()}>
        <Icon name="back" />
      </IconButton>
      <button type="button" className="button play" disabled={status === 'starting' || !hasBatch} onClick={() => lab.togglePlay()}>
        {status === 'running' && <Icon name="pause" />}
        {PLAY_WORDS[status]}
      </button>
      <IconButton label="One step" disabled={!hasBatch || status === 'starting'} onClick={() => void lab.step()}>
        <Icon name="forward" />
      </IconButton>
      <IconButton label="Reset to the checkpoint" disabled={isRecorded} onClick={() => lab.reset()}>
        <Icon name="reset" />
      </IconButton>
      <StepCount />
    </div>
  );
}

const loadFrozen = async () => (await import('./FrozenNote.tsx')).FrozenNote;

function StepCount() {
  const step = useLabState((state) => state.step);
  const source = useLabState((state) => state.source);
  const rate = useLabState((state) => state.run.stepsPerSecond);
  const frozen = useLabState((state) => state.frozen);
  if (frozen) return <Deferred load={loadFrozen} className="step-count" />;
  return (
    <p className="step-count">
      {source !== 'live' ? (
        <>
          <span className="quiet">{source},</span> step {step}
        </>
      ) : (
        <>
          <span className="quiet">step</span> {step}
          {rate > 0 && (
            <span className="quiet" title="iterations per second: sampling and all updates of a step">
              {' '}
              · {rate.toFixed(1)} it/s
            </span>
          )}
        </>
      )}
    </p>
  );
}

function Tools() {
  const lab = useLab();
  const theme = useTheme();
  return (
    <div className="top-group top-tools">
      <SeedField />
      <button
        type="button"
        className="button"
        data-part="share"
        onClick={() => lab.setShare(true)}
        title="Link, frame, figure, numbers, saved sessions"
      >
        share
      </button>
      <IconButton label={theme === 'dark' ? 'Light theme' : 'Dark theme'} onClick={() => lab.setTheme(theme === 'dark' ? 'light' : 'dark')}>
        {theme === 'dark' ? '☀' : '☾'}
      </IconButton>
      <IconButton label="What is this?" onClick={() => lab.setExplaining(true)}>
        i
      </IconButton>
      <IconButton label="Help and shortcuts" onClick={() => lab.setHelp(true)}>
        ?
      </IconButton>
    </div>
  );
}

function SeedField() {
  const lab = useLab();
  const seed = useLabState((state) => state.seed);
  const [draft, setDraft] = useState<string | null>(null);
  const commit = (): void => {
    if (draft !== null) lab.setSeed(draft);
    setDraft(null);
  };
  return (
    <label className="seed" data-part="seed">
      <span className="quiet">seed</span>
      <input
        type="text"
        value={draft ?? seed}
        maxLength={60}
        spellCheck={false}
        autoComplete="off"
        title="Same seed, same samples. Another seed starts the run again from the checkpoint."
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key === 'Escape') setDraft(null);
        }}
      />
    </label>
  );
}
