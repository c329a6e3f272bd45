/** JSON has no NaN and no infinities and would write `null`: these stand as tagged strings instead. */

const TAG = '#number:';

/** `JSON.stringify` that keeps NaN and ±Infinity. */
export function stringifyNumbers(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    (_key, entry: unknown) => (typeof entry === 'number' && !Number.isFinite(entry) ? `${TAG}${entry}` : entry),
    space,
  );
}

/** The reverse of `stringifyNumbers`. */
export function parseNumbers(text: string): unknown {
  return JSON.parse(text, (_key, entry: unknown) =>
    typeof entry === 'string' && entry.startsWith(TAG) ? Number(entry.slice(TAG.length)) : entry,
  );
}
