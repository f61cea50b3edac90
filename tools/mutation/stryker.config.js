/** Breaks src/core in one place at a time and runs the unit tests of src/core. No mutator is left out. */
export default {
  mutate: ['src/core/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'tools/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // TypeScript 7 has no JavaScript API, which Stryker calls when it finds a tsconfig.json: only what the tests import is
  // copied to the sandbox.
  ignorePatterns: [
    '**',
    '!package.json',
    '!src/{api,core}/**',
    '!tools/mutation/**',
    '!test/support/**',
    '!test/unit/core/**',
  ],
  disableTypeChecks: false,
  tempDirName: 'coverage/mutation/sandbox',
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutation/report.json' },
  htmlReporter: { fileName: 'coverage/mutation/report.html' },
  thresholds: { high: 98, low: 95, break: 95 },
};
