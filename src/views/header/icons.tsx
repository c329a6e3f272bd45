/** Transport signs as drawings: few fonts have all of ⏮ ⏸ ⏭ ⟲ in one size. Decoration only; the buttons carry the names. */
const PATHS = {
  back: 'M4 3h2v10H4zM13 3v10L6.5 8z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  forward: 'M10 3h2v10h-2zM3 3v10l6.5-5z',
  reset: 'M8 2.5a5.5 5.5 0 1 1-5.2 3.7l1.9.7A3.5 3.5 0 1 0 8 4.5V7L3.8 3.5 8 0z',
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="currentColor" />
    </svg>
  );
}
