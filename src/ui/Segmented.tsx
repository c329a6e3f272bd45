import { type ReactNode, useId } from 'react';

export interface SegmentedOption<Id extends string> {
  id: Id;
  label: ReactNode;
  /** Said on hover; the reason where the option is disabled. */
  title?: string;
  disabled?: boolean;
}

interface SegmentedProps<Id extends string> {
  /** Name of the group for assistive technology. */
  label: string;
  options: readonly SegmentedOption<Id>[];
  value: Id | null;
  onChange: (id: Id) => void;
  /** `large` is for the projector, `compact` as high but narrower. */
  size?: 'normal' | 'large' | 'compact';
  disabled?: boolean;
  /** One pulse, once: the only thing that moves on the first screen. */
  invite?: boolean;
}

/** One of a few: native radio buttons drawn as joined segments, so that arrows, focus and names come from the browser. */
export function Segmented<Id extends string>({ label, options, value, onChange, size = 'normal', disabled, invite }: SegmentedProps<Id>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={`segmented segmented-${size}${invite ? ' segmented-invite' : ''}`}>
      {options.map((option) => (
        <label key={option.id} className="segment" title={option.title}>
          <input
            type="radio"
            name={name}
            value={option.id}
            checked={option.id === value}
            disabled={disabled || option.disabled}
            onChange={() => onChange(option.id)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
