/** Limits of the JavaScript heap, set before the program is loaded. */
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at its initial size for `catamaran dns`, and collects the old one when it has grown by a
 * fifth. By default V8 grows the young generation to twice 16 MB during the first LIST and keeps it, and then waits for
 * as much garbage as there are live objects. Answering queries creates little garbage, almost none of it long-lived.
 *
 * Must be called before other modules are loaded, which grows the young generation permanently.
 */
export function limitHeap(argv: readonly string[]): void {
  if (argv[2] !== 'dns') return;
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
