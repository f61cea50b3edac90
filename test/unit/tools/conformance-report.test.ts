import { expect, test } from 'vitest';
import { conformancePage, parseReport } from '../../../tools/lab/conformance-report.ts';

const YAML = `
groups:
  - name: Required
    tests:
      - { desc: "A ServiceImport exists", ref: "https://example.org/kep", labels: [ClusterIP], passed: true, failed: false, skipped: false, conformant: true, message: "" }
      - { desc: "The <service>.<ns> name | resolves", ref: "", labels: [], passed: false, failed: false, skipped: false, conformant: false, message: " - it was\\nnot found" }
  - name: Optional
    tests:
      - { desc: "Two clusters", ref: "", labels: [DNS, Headless], passed: false, failed: false, skipped: true, conformant: true, message: "" }
      - { desc: "A request", ref: "", labels: [], passed: false, failed: true, skipped: false, conformant: true, message: " - timeout" }
suitefailure: ""
dnsdomain: clusterset.local
passed: 1
total: 4
implementation: { organization: "", project: Catamaran, version: 0.1.0, url: "" }
`;

const FACTS = { suite: 'v0.5.0', catamaran: '0.1.0', date: '2026-01-02', environment: ['two clusters'] };

test('the page has a table of specs per group, with the result of each and its cause', () => {
  const page = conformancePage(parseReport(YAML), FACTS);
  expect(page).toContain('1 of 4 specs of the upstream conformance suite passed.\n');
  expect(page).toContain('## Required: 1 of 2 passed\n');
  expect(page).toContain('| passed | ClusterIP | [A ServiceImport exists](https://example.org/kep) |');
  expect(page).toContain('| failed - it was not found |  | The &lt;service>.&lt;ns> name \\| resolves |');
  expect(page).toContain('## Optional: 0 of 2 passed\n');
  expect(page).toContain('| skipped | DNS, Headless | Two clusters |');
  expect(page).toContain('| unknown - timeout |  | A request |');
});

test('the page shows suite, version, date and environment', () => {
  const page = conformancePage(parseReport(YAML), FACTS);
  for (const fact of ['folder conformance, v0.5.0', '- Catamaran: 0.1.0', '- Date: 2026-01-02', '- two clusters']) {
    expect(page).toContain(fact);
  }
});

test('the page shows why a suite failed before its specs', () => {
  const page = conformancePage(parseReport('{groups: [], suitefailure: no context, passed: 0, total: 0}'), FACTS);
  expect(page).toContain('0 of 0 specs of the upstream conformance suite passed. The suite failed: no context\n');
});
