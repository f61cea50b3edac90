import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ComponentError, run, startComponent } from '../../../tools/controlplane/component.ts';
import { freePort } from '../../../tools/controlplane/ports.ts';

const COMPONENT = new URL('../../../tools/controlplane/component.ts', import.meta.url).href;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'catamaran-component-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function spec(script: string) {
  return { name: 'cluster1 demo', command: 'sh', args: ['-c', script], logFile: join(dir, 'demo.log') };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a component of a control plane', () => {
  it('reports its exit code', async () => {
    const component = await startComponent(spec('exit 3'));
    await vi.waitFor(() => expect(component.exit()).toBe('code 3'));
  });

  it('is named, with the last lines of its log, in the error of a failed start', async () => {
    const component = await startComponent(spec('echo first; echo no such flag >&2; exit 1'));
    await vi.waitFor(() => expect(component.exit()).toBe('code 1'));
    const error = new ComponentError('exited with code 1 while starting', component.spec);
    expect(error.message).toBe(
      `cluster1 demo exited with code 1 while starting\nlast lines of ${join(dir, 'demo.log')}:\nfirst\nno such flag`,
    );
  });

  it('fails to start if it cannot be executed, with its name in the error', async () => {
    const broken = { ...spec(''), command: join(dir, 'absent') };
    await expect(startComponent(broken)).rejects.toThrow(/cluster1 demo did not start: .*ENOENT/);
  });

  it('is killed if it ignores the signal', async () => {
    const component = await startComponent(spec("trap '' TERM; echo up; while :; do sleep 0.05; done"));
    await vi.waitFor(() => expect(readFileSync(component.spec.logFile, 'utf8')).toContain('up'));
    await component.stop('SIGTERM', 50);
    expect(component.exit()).toBe('SIGKILL');
    expect(isAlive(component.pid)).toBe(false);
  });

  it('does not outlive a killed parent', async () => {
    const script = `
      const { startComponent } = await import(${JSON.stringify(COMPONENT)});
      const { pid } = await startComponent(${JSON.stringify(spec('exec sleep 60'))});
      console.log(pid);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5_000 });
  });
});

describe('run', () => {
  it('returns the standard output', async () => {
    expect(await run('cat', [], { input: 'words' })).toBe('words');
  });

  it('fails with the standard error', async () => {
    await expect(run('sh', ['-c', 'echo broken >&2; exit 2'])).rejects.toThrow(/exited with code 2\nbroken/);
  });
});

describe('freePort', () => {
  it('returns a port below the ephemeral range', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
  });
});
