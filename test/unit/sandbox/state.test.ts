import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processIdentity } from '../../../src/sandbox/state.ts';

describe('the identity of a process', () => {
  it('does not change', () => {
    expect(processIdentity(process.pid)).toBeDefined();
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  });

  it('differs between processes, and ends with its process', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    expect(processIdentity(pid)).toBeDefined();
    expect(processIdentity(pid)).not.toBe(processIdentity(process.pid));
    child.kill();
    await once(child, 'exit');
    expect(processIdentity(pid)).toBeUndefined();
  });
});
