import { type CSSProperties, type KeyboardEvent, useId, useMemo, useState } from 'react';
import type { Knob } from '../core/stages/types.ts';
import { STRINGS } from '../content/strings.ts';
import { IconButton } from './IconButton.tsx';
import { NumberBox } from './NumberBox.tsx';
import { Segmented } from './Segmented.tsx';
import { knobControl, knobSpeech, knobText, sliderScale } from './sliderScale.ts';
import { Tex } from './Tex.tsx';

interface KnobSliderProps {
  knob: Knob;
  value: number;
  isDefault: boolean;
  disabled?: boolean;
  /** Every move, also while dragging; the caller decides when it acts. */
  onChange: (value: number) => void;
  onReset: () => void;
  /** The value under the thumb while it is held, then null: what a sampling knob would do before the next rollout. */
  onPreview?: (value: number | null) => void;
}

/** One knob of a method: a native control with its exact number, the paper's value as a tick, and what it means one click away. */
export function KnobSlider({ knob, value, isDefault, disabled, onChange, onReset, onPreview }: KnobSliderProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [message, setMessage] = useState<string | null>(null);
  const control = knobControl(knob);

  return (
    <div
      className={`knob knob-${control}`}
      data-knob={knob.id}
      data-title={knob.label}
      data-meaning={knob.meaning}
      data-changed={isDefault ? undefined : ''}
    >
      <div className="knob-head">
        <button type="button" className="knob-label" aria-expanded={isOpen} aria-controls={`${id}-about`} onClick={() => setOpen(!isOpen)}>
          <span id={`${id}-label`}>{knob.label}</span>
          {!isDefault && <span className="visually-hidden"> (changed)</span>}
        </button>
        {control === 'slider' && (
          <NumberBox
            knob={knob}
            value={value}
            disabled={disabled}
            onCommit={(next, said) => {
              setMessage(said);
              if (next !== null && next !== value) onChange(next);
            }}
          />
        )}
        {control === 'switch' && (
          <input
            type="checkbox"
            role="switch"
            className="switch"
            aria-labelledby={`${id}-label`}
            checked={value === 1}
            aria-checked={value === 1}
            disabled={disabled}
            onChange={(event) => onChange(event.currentTarget.checked ? 1 : 0)}
          />
        )}
        <IconButton
          label={`Reset ${knob.label} to ${knobSpeech(knob, knob.default)}`}
          className="knob-reset"
          disabled={disabled || isDefault}
          onClick={() => {
            setMessage(null);
            onReset();
          }}
        >
          ↺
        </IconButton>
      </div>
      {control === 'slider' && (
        <Range
          knob={knob}
          value={value}
          disabled={disabled}
          labelledBy={`${id}-label`}
          onChange={onChange}
          onPreview={onPreview}
          onMove={() => setMessage(null)}
        />
      )}
      {control === 'radio' && (
        <Segmented
          label={knob.label}
          options={(knob.options ?? []).map((option, index) => ({ id: String(index), label: option }))}
          value={String(value)}
          disabled={disabled}
          onChange={(next) => onChange(Number(next))}
        />
      )}
      {control === 'select' && (
        <span className="select select-wide">
          <select
            aria-labelledby={`${id}-label`}
            value={value}
            disabled={disabled}
            onChange={(event) => onChange(Number(event.currentTarget.value))}
          >
            {knob.options?.map((option, index) => (
              <option key={option} value={index}>
                {option}
              </option>
            ))}
          </select>
        </span>
      )}
      {knob.applies !== 'credit' && <span className="knob-badge">{STRINGS.nextRollout}</span>}
      <p className="knob-message" role="status">
        {message}
      </p>
      <div id={`${id}-about`} className="knob-about" hidden={!isOpen}>
        {isOpen && <KnobAbout knob={knob} />}
      </div>
    </div>
  );
}

interface RangeProps {
  knob: Knob;
  value: number;
  disabled?: boolean;
  labelledBy: string;
  onChange: (value: number) => void;
  onPreview?: (value: number | null) => void;
  onMove: () => void;
}

function Range({ knob, value, disabled, labelledBy, onChange, onPreview, onMove }: RangeProps) {
  const scale = useMemo(() => sliderScale(knob), [knob]);
  const index = scale.toIndex(value);
  const move = (next: number) => {
    const chosen = scale.toValue(next);
    onMove();
    onPreview?.(chosen);
    onChange(chosen);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
    // The browser's own page is a tenth of the range; ours is ten steps, or the next round number.
    event.preventDefault();
    event.stopPropagation();
    const next = scale.page(index, event.key === 'PageUp' ? 1 : -1);
    if (next !== index) move(next);
  };
  const release = () => onPreview?.(null);
  return (
    <div className="knob-range">
      <input
        type="range"
        min={0}
        max={scale.last}
        step={1}
        value={index}
        disabled={disabled}
        aria-labelledby={labelledBy}
        aria-valuetext={knobSpeech(knob, value)}
        onChange={(event) => move(event.currentTarget.valueAsNumber)}
        onKeyDown={onKeyDown}
        onKeyUp={release}
        onPointerUp={release}
        onPointerCancel={release}
        onBlur={release}
      />
      {knob.paper && (
        <span
          className="knob-tick"
          title={`${knob.paper.source}: ${knobSpeech(knob, knob.paper.value)}`}
          style={{ '--at': scale.toIndex(knob.paper.value) / scale.last } as CSSProperties}
        />
      )}
    </div>
  );
}

function KnobAbout({ knob }: { knob: Knob }) {
  return (
    <>
      <p>{knob.meaning}</p>
      <dl>
        <dt>Symbol</dt>
        <dd>
          <Tex latex={knob.symbol} />
        </dd>
        <dt>Range</dt>
        <dd>
          {knob.options
            ? knob.options.join(' · ')
            : `${knobText(knob, knob.min)} to ${knobSpeech(knob, knob.max)}${knob.special ? `, or ${knob.special.label}` : ''}`}
        </dd>
        <dt>Paper</dt>
        <dd>{knob.paper ? `${knobSpeech(knob, knob.paper.value)} (${knob.paper.source})` : 'names no value'}</dd>
        <dt>Default</dt>
        <dd>{knobSpeech(knob, knob.default)}</dd>
      </dl>
    </>
  );
}
