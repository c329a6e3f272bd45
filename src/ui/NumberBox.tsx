import { type KeyboardEvent, useState } from 'react';
import type { Knob } from '../core/stages/types.ts';
import { knobText, parseKnob } from './sliderScale.ts';

interface NumberBoxProps {
  knob: Knob;
  value: number;
  disabled?: boolean;
  /** On Enter or blur: the value (clamped, null where it was no number) and a sentence if it was not taken as typed. */
  onCommit: (value: number | null, message: string | null) => void;
}

/** The exact number of a knob. A text field, because ∞ is a value and a comma is a decimal sign. */
export function NumberBox({ knob, value, disabled, onCommit }: NumberBoxProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const isSpecial = knob.special !== undefined && value === knob.special.value;
  const shown = isSpecial && value === Infinity ? '∞' : isSpecial ? String(value) : knobText(knob, value);

  const commit = () => {
    if (draft === null) return;
    setDraft(null);
    // Looking is not changing: an untouched number keeps digits that the box does not show.
    if (draft === shown) return;
    const { value: next, message } = parseKnob(knob, draft);
    onCommit(next, message);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') commit();
    if (event.key === 'Escape' && draft !== null) {
      event.stopPropagation();
      setDraft(null);
    }
  };
  return (
    <span className="number-box">
      <input
        type="text"
        inputMode="decimal"
        autoComplete="off"
        spellCheck={false}
        aria-label={`${knob.label}, exact value${knob.unit ? ` in ${knob.unit}` : ''}`}
        value={draft ?? shown}
        disabled={disabled}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={commit}
        onKeyDown={onKeyDown}
      />
      {knob.unit && (
        <span className="number-unit" aria-hidden="true">
          {knob.unit}
        </span>
      )}
    </span>
  );
}
