/** Mutation testing of src/core with its unit tests. All mutators are enabled. */
export default {
  mutate: ['src/core/**/*.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'tools/mutation/vitest.config.ts' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // A machine with other work must not make a slow mutant look like a killed one.
  timeoutMS: 20_000,
  // Stryker calls the JavaScript API of TypeScript, which version 7 lacks, if it finds a tsconfig.json; so only the
  // files that the tests import are copied to the sandbox.
  ignorePatterns: ['**', '!package.json', '!src/**', '!tools/mutation/**', '!test/support/**', '!test/unit/core/**'],
  disableTypeChecks: false,
  tempDirName: 'coverage/mutation/sandbox',
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutation/report.json' },
  htmlReporter: { fileName: 'coverage/mutation/report.html' },
  thresholds: { high: 98, low: 95, break: 95 },
};
