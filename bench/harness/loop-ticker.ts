/**
 * Loaded into a measured process with `--import`, before its own modules: records how long its event loop was blocked.
 * The query of the URL has the file to write to. One line per interval: end of the interval in ms since the epoch, and
 * the longest block in it, in ms, as the time that passed and as the CPU time that the thread used. They differ while
 * other processes use the core.
 */
import { appendFileSync } from 'node:fs';

const TICK_MS = 5;
const INTERVAL_MS = 250;

const file = new URL(import.meta.url).searchParams.get('file');

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

let last = { at: performance.now(), cpu: cpuMs() };
let longest = { passed: 0, used: 0 };
let writtenAt = last.at;

setInterval(() => {
  const now = { at: performance.now(), cpu: cpuMs() };
  longest = {
    passed: Math.max(longest.passed, now.at - last.at - TICK_MS),
    used: Math.max(longest.used, now.cpu - last.cpu),
  };
  last = now;
  if (now.at - writtenAt < INTERVAL_MS) return;
  writtenAt = now.at;
  if (file !== null) {
    appendFileSync(file, `${Date.now()} ${longest.passed.toFixed(1)} ${longest.used.toFixed(1)}\n`);
  }
  longest = { passed: 0, used: 0 };
}, TICK_MS).unref();
