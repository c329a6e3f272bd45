import type { ButtonHTMLAttributes, ReactNode } from 'react';

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  /** What the button does; its accessible name and its title. */
  label: string;
  children: ReactNode;
}

/** A square button of at least 24×24 px whose glyph is decoration. */
export function IconButton({ label, children, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <button {...rest} type={type} className={`icon-button ${className ?? ''}`} aria-label={label} title={rest.title ?? label}>
      <span aria-hidden="true">{children}</span>
    </button>
  );
}
