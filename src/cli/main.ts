#!/usr/bin/env node
/**
 * Entry point: loads the program, unless this Node.js is too old for it.
 *
 * What is imported statically is loaded before the check runs, so this file and its static imports stay within the
 * syntax and the modules of Node.js 12. Loading the rest would end in a stack trace from somewhere inside a library.
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
