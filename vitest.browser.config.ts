import { defineConfig } from 'vitest/config';

/** Browser tests: Node drives the system's Chromium over the production build in dist/, two files at a time. */
export default defineConfig({
  test: {
    // Waiting costs nothing where the page is quick; a busy machine may be ten times slower than a free one.
    expect: { poll: { timeout: 15_000 } },
    environment: 'node',
    include: ['tests/browser/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // A browser of its own keeps files apart; what they import is read once a worker.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
