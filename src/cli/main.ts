#!/usr/bin/env node
/**
 * Entry point: loads the program, unless this Node.js is too old for it.
 *
 * Static imports are loaded before the check, so this file and its static imports are limited to the syntax and modules
 * of Node.js 12. Loading the rest on an old version would fail with a stack trace from inside a library.
 */
import packageJson from '../../package.json' with { type: 'json' };
import { limitHeap } from './heap.ts';

const required = Number(packageJson.engines.node.replace('>=', ''));

if (Number.parseInt(process.versions.node, 10) >= required) {
  limitHeap(process.argv);
  import('./start.ts');
} else {
  const message = `Node.js ${required} or later is required, this is ${process.versions.node}`;
  process.stderr.write(`error: [CTM_NODE] ${message}\n`);
  process.exitCode = 2;
}
