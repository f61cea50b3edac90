import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/core/**/*.test.ts'],
    // Random fleets are slow, and every bug that they find must get a test of its own.
    exclude: ['**/properties.test.ts', '**/neighbour-untouched.test.ts'],
    isolate: false,
    // A slow machine must not kill a mutant; Stryker ends those that hang.
    testTimeout: 60_000,
    setupFiles: ['tools/mutation/fixed-seed.ts'],
  },
});
