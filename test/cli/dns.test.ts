import { describe, expect, it } from 'vitest';
import { invoke } from './invoke.ts';

describe('catamaran dns', () => {
  it.each([
    ['--listen', 'localhost:53'],
    ['--listen', '127.0.0.1:99999'],
    ['--http', 'nowhere'],
    ['--ttl', '-1'],
    ['--ttl', '3601'],
    ['--zone', 'a..b'],
    ['--zone', '.'],
    ['--stale-after', 'soon'],
    ['--rate-limit', 'x'],
  ])('%s %s is wrong usage', async (option, value) => {
    const { code, stdout, stderr } = await invoke(['dns', option, value]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`CTM_USAGE.*${option}`));
  });
});
