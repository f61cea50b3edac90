/**
 * What breaks a rule for now: the end of what a check reports. An entry that is no longer needed fails the test: remove
 * it.
 */
export const EXCEPTIONS: readonly string[] = [
  'one name twice: src/core/ports.ts and src/sandbox/ports.ts',
  'src/core/addresses.ts: the module holds state: parsedPolicies',
  'src/core/derive-slice.ts: the module holds state: derived',
  'src/core/derive-slice.ts: the module holds state: inspections',
  'src/core/exports.ts: the module holds state: sortedOut',
  'src/core/merge.ts: the module holds state: memo',
  'src/controller/controller.ts: has more than 300 lines',
  'src/fleet/fleet.ts: has more than 300 lines',
];
