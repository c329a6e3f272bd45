/** Where the style sheet makes the panel beside the matrix a sheet over the lower part of the screen. */
const SHEET_QUERY = '(max-width: 1099px)';

/** Brings what the sheet would cover up to where it can be seen; nothing on a wide screen. */
export function showAboveSheet(selector: string): void {
  if (matchMedia(SHEET_QUERY).matches) document.querySelector(selector)?.scrollIntoView({ block: 'start', inline: 'nearest' });
}
