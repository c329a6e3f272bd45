import type { ReactNode } from 'react';
import { IconButton } from './IconButton.tsx';

interface NoticeProps {
  level: 'info' | 'warning' | 'error';
  children: ReactNode;
  action?: { label: string; run: () => void };
  onDismiss?: () => void;
}

const GLYPH = { info: 'i', warning: '!', error: '✗' } as const;
const WORD = { info: 'Note', warning: 'Warning', error: 'Error' } as const;

/** One line that says what is wrong and what to do about it. Errors interrupt a screen reader, the others wait. */
export function Notice({ level, children, action, onDismiss }: NoticeProps) {
  return (
    <div className={`notice notice-${level}`} role={level === 'error' ? 'alert' : 'status'}>
      <span className="notice-glyph" aria-hidden="true">
        {GLYPH[level]}
      </span>
      <span className="visually-hidden">{WORD[level]}: </span>
      <span className="notice-text">{children}</span>
      {action && (
        <button type="button" className="button" onClick={action.run}>
          {action.label}
        </button>
      )}
      {onDismiss && (
        <IconButton label="Dismiss" onClick={onDismiss}>
          ✕
        </IconButton>
      )}
    </div>
  );
}
