/**
 * A reporter that writes the numbers of passed, failed and skipped tests to `.cache/test-counts.json`, for `.ci/run`,
 * and fails a run with skipped tests, or without passed ones.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** `failed` also counts files and hooks that failed outside a test. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const FILE = new URL('../../../.cache/test-counts.json', import.meta.url);

export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    const counts = countTests(modules, unhandled.length);
    mkdirSync(fileURLToPath(new URL('.', FILE)), { recursive: true });
    writeFileSync(FILE, `${JSON.stringify(counts)}\n`);
    const problem =
      counts.skipped > 0 ? `${counts.skipped} tests were skipped` : counts.passed === 0 ? 'no test passed' : undefined;
    if (problem !== undefined && reason !== 'interrupted') {
      process.stderr.write(`\n${problem}, which counts as a failure\n`);
      process.exitCode = 1;
    }
  }
}

/** Adds up the results of all files. */
export function countTests(modules: readonly TestModule[], unhandled: number): TestCounts {
  let [passed, failed, skipped] = [0, unhandled, 0];
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'failed') failed += 1;
      else skipped += 1;
    }
  }
  return { passed, failed, skipped };
}
