import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/core/**/*.test.ts'],
    // Random fleets are slow, and every bug that they find must get a test of its own.
    exclude: ['**/properties.test.ts'],
    isolate: false,
    setupFiles: ['tools/mutation/fixed-seed.ts'],
  },
});
