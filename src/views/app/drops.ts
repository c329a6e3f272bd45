import type { Lab } from '../../state/lab.ts';

/** A file dropped anywhere on the page is opened, if it is one of ours. */
export function takeDrops(lab: Lab): void {
  window.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  window.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    // Else the browser leaves the page for the file.
    event.preventDefault();
    import('../../state/openFile.ts').then(
      ({ openFile }) => openFile(lab, file),
      () =>
        lab.notify({
          id: 'opened',
          level: 'error',
          text: 'A part of the page did not arrive. Check the connection, then drop the file again.',
        }),
    );
  });
}
