import { Notice } from '../../ui/Notice.tsx';
import { useLab, useLabState } from '../app/labContext.ts';

/** What went wrong and what to do, in a corner over the page, so that nothing jumps. */
export function Notices() {
  const lab = useLab();
  const notices = useLabState((state) => state.notices);
  return (
    <div className="notices">
      {notices.map((notice) => (
        <Notice
          key={notice.id}
          level={notice.level}
          action={notice.action && { label: notice.action.label, run: notice.action.run }}
          onDismiss={() => lab.dismiss(notice.id)}
        >
          {notice.text}
        </Notice>
      ))}
    </div>
  );
}

/** The one live region: step and reward while training, what a shortcut did, at most every two seconds. */
export function Announcer() {
  const text = useLabState((state) => state.announcement);
  return (
    <p className="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
