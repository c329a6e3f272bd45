/** Hands a file to the user. It never leaves the page's origin. */
export function downloadFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

type TextType = 'text/csv' | 'application/json' | 'image/svg+xml' | 'text/plain';

export function downloadText(name: string, type: TextType, text: string): void {
  downloadFile(name, new Blob([text], { type: `${type};charset=utf-8` }));
}
