import { defineConfig } from 'vitest/config';

/** Unit tests: plain Node, two processes at most; browser tests have their own configuration. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}', 'tests/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['tests/browser/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Only what hangs is stopped: a busy machine may be ten times slower than a free one.
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
