import { autoUpdate, flip, offset, shift, useFloating } from '@floating-ui/react-dom';
import { cloneElement, type ReactElement, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

interface FloatingTipProps {
  /** Element that the tip belongs to; null hides it. */
  anchor: Element | null;
  children: ReactNode;
  id?: string;
  placement?: 'top' | 'bottom' | 'left' | 'right';
  /** The pointer entered or left the tip itself: it stays while hovered. */
  onHover?: (isOver: boolean) => void;
  /** Escape. */
  onDismiss?: () => void;
}

/** One shared tip for a whole panel: the caller moves the anchor. Whatever it says must also be in the inspector. */
export function FloatingTip({ anchor, children, id, placement = 'top', onHover, onDismiss }: FloatingTipProps) {
  const { refs, floatingStyles } = useFloating({
    placement,
    strategy: 'fixed',
    middleware: [offset(6), flip(), shift({ padding: 6 })],
    whileElementsMounted: autoUpdate,
  });
  useLayoutEffect(() => refs.setReference(anchor), [anchor, refs]);
  useEffect(() => {
    if (!anchor || !onDismiss) return;
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onDismiss();
    };
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, [anchor, onDismiss]);
  if (!anchor) return null;
  return (
    <div
      ref={refs.setFloating}
      id={id}
      role="tooltip"
      className="tooltip"
      style={floatingStyles}
      onPointerEnter={() => onHover?.(true)}
      onPointerLeave={() => onHover?.(false)}
    >
      {children}
    </div>
  );
}

interface TooltipProps {
  content: ReactNode;
  /** One focusable element that takes `aria-describedby` and pointer and focus handlers. */
  children: ReactElement<Record<string, unknown>>;
  placement?: FloatingTipProps['placement'];
}

const DELAY_MS = 100;

/** A tip for one control: opens on hover or focus, stays while it is hovered itself, closes on Escape. */
export function Tooltip({ content, children, placement }: TooltipProps) {
  const id = useId();
  const [anchor, setAnchor] = useState<Element | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const later = (next: Element | null) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setAnchor(next), DELAY_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <>
      {cloneElement(children, {
        'aria-describedby': anchor ? id : undefined,
        onPointerEnter: (event: PointerEvent) => later(event.currentTarget as Element),
        onPointerLeave: () => later(null),
        onFocus: (event: FocusEvent) => setAnchor(event.currentTarget as Element),
        onBlur: () => setAnchor(null),
      })}
      <FloatingTip
        anchor={anchor}
        id={id}
        placement={placement}
        onHover={(isOver) => (isOver ? clearTimeout(timer.current) : later(null))}
        onDismiss={() => setAnchor(null)}
      >
        {content}
      </FloatingTip>
    </>
  );
}
