import { useId } from 'react';

interface SelectProps<Id extends string> {
  label: string;
  options: readonly { id: Id; label: string; disabled?: boolean }[];
  value: Id;
  onChange: (id: Id) => void;
  disabled?: boolean;
  /** Keeps the label for assistive technology only. */
  hideLabel?: boolean;
  /** Names it for a link that leaves it out. */
  part?: string;
}

/** A native select with its label inside the box, as in the header: "task chain-sum ▾". */
export function Select<Id extends string>({ label, options, value, onChange, disabled, hideLabel, part }: SelectProps<Id>) {
  const id = useId();
  return (
    <span className="select" data-part={part}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : 'select-label'}>
        {label}
      </label>
      <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.currentTarget.value as Id)}>
        {options.map((option) => (
          <option key={option.id} value={option.id} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
}
