import { defineConfig } from 'vitest/config';

/** The tests of the formulas alone, for mutation testing: what core's stages and methods must be caught by. */
export default defineConfig({
  test: {
    environment: 'node',
    include: [
      'src/core/stages/*.test.ts',
      'src/core/methods/*.test.ts',
      'src/core/*.test.ts',
      'tests/fixtures.test.ts',
      'tests/registry.test.ts',
    ],
    setupFiles: ['tests/support/fewRuns.ts'],
    testTimeout: 60_000,
  },
});
