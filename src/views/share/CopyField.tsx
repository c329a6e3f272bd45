import { useRef, useState } from 'react';

interface CopyFieldProps {
  label: string;
  text: string;
  /** More than one line, e.g. a piece of HTML. */
  isLong?: boolean;
  /** The one that Enter copies when the dialog opens. */
  isFirst?: boolean;
}

/** A text to take along: selected on focus, copied by its button; where the browser forbids that, it stays selected to be copied by hand. */
export function CopyField({ label, text, isLong, isFirst }: CopyFieldProps) {
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied.');
    } catch {
      field.current?.focus();
      field.current?.select();
      setSaid('The browser did not allow copying: the text is selected, copy it by hand.');
    }
  };
  const Field = isLong ? 'textarea' : 'input';
  return (
    <div className="share-row">
      <Field
        ref={field}
        aria-label={label}
        value={text}
        readOnly
        rows={isLong ? 3 : undefined}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button
        type="button"
        className="button is-primary"
        // biome-ignore lint/a11y/noAutofocus: the dialog was opened for this, and Enter then copies
        autoFocus={isFirst}
        onClick={() => void copy()}
      >
        Copy
      </button>
      <p className="quiet" role="status">
        {said}
      </p>
    </div>
  );
}
