import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { Tex } from '../../ui/Tex.tsx';
import { useLab } from '../app/labContext.ts';
import { define, type Found } from './define.ts';
import './help.css';

interface Shown extends Found {
  anchor: DOMRect;
}

const GAP = 8;
/** Kept free for the bar at the lower edge, CSS px. */
const BAR = 72;

/** The element under a click; a disabled control gets no events, so it is looked up by its place. */
function hit(event: MouseEvent): Element | null {
  const target = event.target instanceof Element ? event.target : null;
  const isAt = ({ left, right, top, bottom }: DOMRect): boolean =>
    event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
  const disabled = [...(target?.querySelectorAll(':disabled') ?? [])].find((element) => isAt(element.getBoundingClientRect()));
  return disabled ?? target;
}

/** While it is there, a click or Enter explains what it hits and does nothing else. */
export function WhatIsThis() {
  const lab = useLab();
  const [shown, setShown] = useState<Shown | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const note = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const isOwn = (target: EventTarget | null): boolean => target instanceof Node && box.current?.contains(target) === true;
    const explain = (element: Element | null): void => {
      if (element) setShown({ ...define(element), anchor: element.getBoundingClientRect() });
    };
    const stop = (event: Event): void => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const onPress = (event: Event): void => {
      if (!isOwn(event.target)) stop(event);
    };
    const onClick = (event: MouseEvent): void => {
      if (isOwn(event.target)) return;
      stop(event);
      explain(hit(event));
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') {
        stop(event);
        lab.setExplaining(false);
      } else if ((event.key === 'Enter' || event.key === ' ') && !isOwn(event.target)) {
        stop(event);
        explain(document.activeElement);
      }
    };
    const presses = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'dblclick'] as const;
    for (const type of presses) window.addEventListener(type, onPress, true);
    window.addEventListener('click', onClick, true);
    window.addEventListener('keydown', onKeyDown, true);
    document.documentElement.toggleAttribute('data-explaining', true);
    return () => {
      for (const type of presses) window.removeEventListener(type, onPress, true);
      window.removeEventListener('click', onClick, true);
      window.removeEventListener('keydown', onKeyDown, true);
      document.documentElement.toggleAttribute('data-explaining', false);
    };
  }, [lab]);
  useLayoutEffect(() => {
    const element = note.current;
    if (!element || !shown) return;
    const { width, height } = element.getBoundingClientRect();
    const { left, top, bottom } = shown.anchor;
    const below = bottom + GAP + height <= window.innerHeight - BAR;
    element.style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - width - GAP))}px`;
    element.style.top = `${below ? bottom + GAP : Math.max(GAP, top - GAP - height)}px`;
  }, [shown]);
  return createPortal(
    <div ref={box} className="explain">
      <aside className="explain-bar" aria-label="What is this?">
        <p>
          <strong>What is this?</strong> Click anything, or go to it and press Enter.
        </p>
        <button
          type="button"
          className="button"
          onClick={() => {
            lab.setExplaining(false);
            lab.setHelp(true);
          }}
        >
          all words
        </button>
        <button type="button" className="button" onClick={() => lab.setExplaining(false)}>
          done (Esc)
        </button>
      </aside>
      <div ref={note} className="explain-note" role="status" data-kind={shown?.kind} hidden={!shown}>
        {shown?.definitions.map(({ term, symbol, meaning }) => (
          <p key={term}>
            <strong>{term}</strong> {symbol && <Tex latex={symbol} />}
            <span>{meaning}</span>
          </p>
        ))}
      </div>
    </div>,
    // What lies outside an open dialog cannot be seen or pressed.
    document.querySelector('dialog[open]') ?? document.body,
  );
}
