/** What was shown, for the table that `make interop` prints. */
import { appendFileSync } from 'node:fs';
import { RESULTS_FILE, type Shown } from '../../tools/interop/results.ts';

/** Adds a row. Tests call it after their last assertion. */
export function show(row: Shown): void {
  appendFileSync(RESULTS_FILE, `${JSON.stringify(row)}\n`);
}
