/** Resolves when the browser is idle for the first time: it has painted the first heatmap before. */
export const idle = () =>
  new Promise<void>((done) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 500 });
    else setTimeout(done, 100);
  });
