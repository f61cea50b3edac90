import { describe, expect, it } from 'vitest';
import { callName } from '../../../src/cli/call-name.ts';
import { invoke } from '../../support/invoke.ts';

const NODE = '/usr/bin/node';
const CWD = '/home/me/clone';

describe('hints name a command that can be copied', () => {
  it.each([
    ['an installed package', [NODE, '/usr/local/bin/catamaran'], { PATH: '/usr/bin:/usr/local/bin' }, 'catamaran'],
    ['npm run', [NODE, `${CWD}/dist/catamaran.js`], { npm_lifecycle_event: 'catamaran' }, 'npm run -s catamaran --'],
    ['another npm script', [NODE, `${CWD}/dist/catamaran.js`], { npm_lifecycle_event: 'x' }, 'node dist/catamaran.js'],
    ['a clone', [NODE, `${CWD}/dist/catamaran.js`], { PATH: '/usr/bin' }, 'node dist/catamaran.js'],
    ['a script elsewhere', [NODE, '/opt/c/catamaran.js'], {}, 'node /opt/c/catamaran.js'],
    ['an executable on PATH', ['/usr/local/bin/catamaran'], { PATH: '/usr/local/bin' }, 'catamaran'],
    ['an executable here', [`${CWD}/catamaran`], { PATH: '/usr/bin' }, './catamaran'],
    ['an executable below', [`${CWD}/bin/catamaran`], {}, 'bin/catamaran'],
  ] as const)('%s', (_, program, variables, expected) => {
    expect(callName({ program, variables, cwd: CWD })).toBe(expected);
  });
});

it('errors do, too', async () => {
  const { stderr } = await invoke(['sandbox', 'status', '--state-dir', '/nowhere'], {
    call: 'npm run -s catamaran --',
  });
  expect(stderr).toContain('start one with `npm run -s catamaran -- sandbox up`');
});
