import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../tools/demo/state.ts';

describe('the identity of a process', () => {
  it('stays the same', () => {
    expect(identityOf(process.pid)).toBeDefined();
    expect(identityOf(process.pid)).toBe(identityOf(process.pid));
  });

  it('differs between processes, and is gone with its process', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    expect(identityOf(pid)).toBeDefined();
    expect(identityOf(pid)).not.toBe(identityOf(process.pid));
    child.kill();
    await once(child, 'exit');
    expect(identityOf(pid)).toBeUndefined();
  });
});
