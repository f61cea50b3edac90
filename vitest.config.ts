import { defineConfig } from 'vitest/config';

/** In ms. A test that hangs fails; one on a busy machine must not. */
const POLL = { expect: { poll: { timeout: 10_000 } } };
const PATIENCE = { testTimeout: 30_000, hookTimeout: 30_000, ...POLL };

export default defineConfig({
  test: {
    reporters: ['default', './test/support/setup/counts.ts'],
    coverage: {
      provider: 'v8',
      // Emptied before each run; coverage/mutation is not.
      reportsDirectory: 'coverage/lines',
      include: ['src/core/**', 'src/controller/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 97, branches: 94, functions: 97, lines: 98 },
    },
    projects: [
      { test: { ...PATIENCE, name: 'unit', include: ['test/unit/**/*.test.ts'], sequence: { groupOrder: 0 } } },
      {
        test: {
          ...PATIENCE,
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...PATIENCE,
          name: 'kubesim',
          include: ['packages/kubesim/test/**/*.test.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...PATIENCE,
          name: 'console',
          include: ['packages/console/test/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          sequence: { groupOrder: 0 },
        },
      },
      {
        // The page in Chromium, which has the processors for itself so that its figures mean something.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        // Real API servers, shared by the files of a worker, and after the tests that need none.
        test: {
          name: 'clusters',
          ...POLL,
          include: ['test/{contract,integration}/**/*.test.ts'],
          globalSetup: ['test/support/setup/control-planes.ts'],
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Programs of other projects on real API servers, in a network namespace: `make interop`.
        test: {
          name: 'interop',
          ...POLL,
          include: ['test/interop/**/*.test.ts'],
          globalSetup: ['test/support/setup/interop-planes.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        // Full clusters with running pods: root on Linux, and minutes.
        test: {
          name: 'e2e',
          ...POLL,
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/setup/lab.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
