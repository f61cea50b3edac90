/**
 * How `catamaran dns` uses memory: V8's young generation stays at the size that it starts with, and the old one is
 * collected when it has grown by a fifth. V8 would take twice 16 MB for the first reading and keep them, and then wait
 * for as much garbage as there are objects. Answering questions makes little garbage, and next to none that stays.
 *
 * To be imported first: loading the other modules makes the young generation grow, and it does not shrink again.
 */
import { setFlagsFromString } from 'node:v8';

if (process.argv[2] === 'dns') {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
