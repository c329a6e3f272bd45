import { type KeyboardEvent, lazy, type ReactNode, Suspense, useEffect, useId, useRef, useState } from 'react';

export interface MenuItem {
  id: string;
  label: ReactNode;
  /** A second, quieter line. */
  detail?: string;
  checked?: boolean;
  disabled?: boolean;
  run: () => void;
}

interface MenuProps {
  /** Accessible name of the button. */
  label: string;
  button: ReactNode;
  items: readonly MenuItem[];
}

/** The list and the code that places it are not needed for the first picture. */
const MenuList = lazy(async () => ({ default: (await import('./MenuList.tsx')).MenuList }));

/** The entry's label without its second line. */
const nameOf = (entry: HTMLElement): string => entry.querySelector('.menu-label')?.firstChild?.textContent ?? '';

/** A button with a list of actions. Arrows move, Home/End jump, letters go to an entry, Escape and Tab close. */
export function Menu({ label, button, items }: MenuProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);

  const entries = () => [...(root.current?.querySelectorAll<HTMLButtonElement>('[role=menuitem]:not(:disabled)') ?? [])];
  const close = (refocus: boolean) => {
    setOpen(false);
    if (refocus) trigger.current?.focus();
  };

  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open) return;
    const list = entries();
    const at = list.indexOf(document.activeElement as HTMLButtonElement);
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      list[(moves[event.key] + list.length) % list.length]?.focus();
    } else if (event.key === 'Escape') {
      // Escape also leaves a pin; here it only closes the menu.
      event.stopPropagation();
      close(true);
    } else if (event.key === 'Tab') {
      close(false);
    } else if (/^[\p{L}\d]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // The next entry with a word that begins so; elsewhere on the page the letter may be a shortcut.
      event.preventDefault();
      event.stopPropagation();
      const begins = new RegExp(`(^|\\s)${event.key}`, 'i');
      [...list.slice(at + 1), ...list.slice(0, at + 1)].find((entry) => begins.test(nameOf(entry)))?.focus();
    }
  };

  return (
    <div ref={root} className="menu-root">
      <button
        ref={trigger}
        type="button"
        className="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        onClick={() => setOpen(!open)}
        onKeyDown={onKeyDown}
      >
        {button}
      </button>
      {open && (
        <Suspense>
          <MenuList
            id={id}
            label={label}
            anchor={trigger.current}
            items={items}
            onKeyDown={onKeyDown}
            onChoose={(item) => {
              close(true);
              item.run();
            }}
          />
        </Suspense>
      )}
    </div>
  );
}
