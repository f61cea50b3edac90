import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/core/**/*.test.ts'],
    // Random worlds would kill a mutant in one run and not in the next: what they find has to be a test of its own.
    exclude: ['**/properties.test.ts'],
  },
});
