/** A table as RFC 4180 text: fields with commas, quotes or line breaks are quoted, nothing is an empty field, numbers keep every digit. */
export function csvOf(columns: readonly string[], lines: readonly (readonly (string | number | null)[])[]): string {
  const field = (value: string | number | null): string => {
    if (value === null) return '';
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...lines].map((line) => `${line.map(field).join(',')}\r\n`).join('');
}
