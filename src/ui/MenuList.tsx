import { flip, offset, shift, useFloating } from '@floating-ui/react-dom';
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from 'react';
import type { MenuItem } from './Menu.tsx';

interface MenuListProps {
  id: string;
  label: string;
  anchor: HTMLElement | null;
  items: readonly MenuItem[];
  onKeyDown: (event: KeyboardEvent) => void;
  onChoose: (item: MenuItem) => void;
}

/** The open list of a menu. Loaded with its placing code when the first menu is opened. */
export function MenuList({ id, label, anchor, items, onKeyDown, onChoose }: MenuListProps) {
  const list = useRef<HTMLDivElement | null>(null);
  const { refs, floatingStyles } = useFloating({
    placement: 'bottom-end',
    strategy: 'fixed',
    middleware: [offset(4), flip(), shift({ padding: 6 })],
  });
  useLayoutEffect(() => refs.setReference(anchor), [anchor, refs]);
  useEffect(() => {
    list.current?.querySelector<HTMLButtonElement>('[role=menuitem]:not(:disabled)')?.focus({ preventScroll: true });
  }, []);
  return (
    <div
      ref={(element) => {
        list.current = element;
        refs.setFloating(element);
      }}
      id={id}
      role="menu"
      aria-label={label}
      className="menu"
      style={floatingStyles}
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <button
          key={item.id}
          type="button"
          role="menuitem"
          disabled={item.disabled}
          tabIndex={-1}
          className="menu-item"
          onClick={() => onChoose(item)}
        >
          <span className="menu-check" aria-hidden="true">
            {item.checked ? '✓' : ''}
          </span>
          <span className="menu-label">
            {item.label}
            {item.checked && <span className="visually-hidden"> (current)</span>}
            {item.detail && <span className="menu-detail">{item.detail}</span>}
          </span>
        </button>
      ))}
    </div>
  );
}
