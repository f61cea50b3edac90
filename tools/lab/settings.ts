/** Settings of the host's kernel that kubelet changes, and their old values. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// What kubelet sets where it may: setupKernelTunables of its container manager.
const SETTINGS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
] as const;

function fileOf(labDir: string): string {
  return join(labDir, 'settings.json');
}

/** Writes down what the settings are now. */
export function keepSettings(labDir: string): void {
  const values = SETTINGS.map((name) => [name, readFileSync(join('/proc/sys', name), 'utf8').trim()]);
  writeFileSync(fileOf(labDir), JSON.stringify(Object.fromEntries(values)));
}

/** Gives them the values that were written down. */
export function restoreSettings(labDir: string): void {
  if (!existsSync(fileOf(labDir))) return;
  // Written by keepSettings alone.
  const values = JSON.parse(readFileSync(fileOf(labDir), 'utf8')) as Record<string, string>;
  for (const [name, value] of Object.entries(values)) writeFileSync(join('/proc/sys', name), value);
}
