import { describe, expect, it } from 'vitest';
import { fileCredentials } from '../../../../src/kube/kubeconfig/file-credentials.ts';
import {
  type Loaded,
  LoadedCredentials,
  type LoadedOptions,
} from '../../../../src/kube/kubeconfig/loaded-credentials.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function loadedCredentials(load: () => Promise<Loaded>, clock: ManualClock, waits?: LoadedOptions['waits']) {
  return new LoadedCredentials({ load, clock, source: 'test', ...(waits && { waits }) });
}

describe('LoadedCredentials', () => {
  it('loads once for concurrent requests', async () => {
    let loads = 0;
    const credentials = loadedCredentials(async () => ({ identity: { token: `t${++loads}` } }), new ManualClock());
    const headers = await Promise.all([credentials.headers(), credentials.headers(), credentials.certificate()]);
    expect(headers).toEqual([bearer('t1'), bearer('t1'), undefined]);
  });

  it('loads again on expiry', async () => {
    const clock = new ManualClock();
    let loads = 0;
    const load = async (): Promise<Loaded> => ({ identity: { token: `t${++loads}` }, expiresAt: clock.now() + 1_000 });
    const credentials = loadedCredentials(load, clock);
    expect(await credentials.headers()).toEqual(bearer('t1'));
    clock.step(999);
    expect(await credentials.headers()).toEqual(bearer('t1'));
    clock.step(1);
    expect(await credentials.headers()).toEqual(bearer('t2'));
  });

  it('loads once after many requests were refused with the same token', async () => {
    let loads = 0;
    const credentials = loadedCredentials(async () => ({ identity: { token: `t${++loads}` } }), new ManualClock());
    const refused = await credentials.headers();
    credentials.invalidate(refused);
    expect(await credentials.headers()).toEqual(bearer('t2'));
    credentials.invalidate(refused);
    expect(await credentials.headers()).toEqual(bearer('t2'));
  });

  it('reports a failure and tries again on the next request', async () => {
    let loads = 0;
    const credentials = loadedCredentials(async () => {
      if (++loads === 1) throw new Error('not now');
      return { identity: { token: 'good' } };
    }, new ManualClock());
    await expect(credentials.headers()).rejects.toThrow('not now');
    expect(await credentials.headers()).toEqual(bearer('good'));
  });

  it('does not block a request that is aborted', async () => {
    const credentials = loadedCredentials(() => new Promise<Loaded>(() => {}), new ManualClock());
    const stop = new AbortController();
    const headers = credentials.headers(stop.signal);
    stop.abort(new Error('given up'));
    await expect(headers).rejects.toThrow('given up');
  });
});

describe('LoadedCredentials with waits after failures', () => {
  const WAITS = { firstMs: 1_000, longestMs: 60_000 };

  it('tries again after 1, 2, 4, ... up to 60 seconds, however many requests there are', async () => {
    const clock = new ManualClock();
    const started = clock.now();
    const at: number[] = [];
    const load = async (): Promise<Loaded> => {
      at.push((clock.now() - started) / 1_000);
      throw new Error('no session');
    };
    const credentials = loadedCredentials(load, clock, WAITS);
    for (let half = 0; half < 2 * 150; half++) {
      const requests = Array.from({ length: 60 }, () => credentials.headers());
      for (const { status } of await Promise.allSettled(requests)) expect(status).toBe('rejected');
      clock.step(500);
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123]);
  });

  it('waits between loads if the server rejects every new credential, but not after a first rejection', async () => {
    const clock = new ManualClock();
    let loads = 0;
    const credentials = loadedCredentials(async () => ({ identity: { token: `t${++loads}` } }), clock, WAITS);
    const reject = async () => {
      const refused = await credentials.headers();
      for (let request = 0; request < 60; request++) credentials.invalidate(refused);
    };
    await credentials.headers();
    clock.step(3_600_000);
    await reject();
    expect(await credentials.headers()).toEqual(bearer('t2'));
    await reject();
    expect(await credentials.headers()).toEqual(bearer('t3'));
    await reject();
    await expect(credentials.headers()).rejects.toThrow('test: the API server rejected new credentials');
    clock.step(1_000);
    expect(await credentials.headers()).toEqual(bearer('t4'));
    await reject();
    clock.step(1_999);
    await expect(credentials.headers()).rejects.toThrow('rejected');
    clock.step(1);
    expect(await credentials.headers()).toEqual(bearer('t5'));
  });
});

describe('fileCredentials', () => {
  function files(content: Record<string, string>) {
    const clock = new ManualClock();
    const read = async (path: string) => {
      const text = content[path];
      if (text === undefined) throw new Error(`ENOENT: ${path}`);
      return text;
    };
    return {
      clock,
      content,
      open: (wanted: Parameters<typeof fileCredentials>[0]) => fileCredentials(wanted, read, clock),
    };
  }

  it('reads a rotated token within a minute', async () => {
    const { clock, content, open } = files({ '/token': 'one\n' });
    const credentials = open({ tokenFile: '/token' });
    expect(await credentials.headers()).toEqual(bearer('one'));
    content['/token'] = 'two\n';
    expect(await credentials.headers()).toEqual(bearer('one'));
    clock.step(60_000);
    expect(await credentials.headers()).toEqual(bearer('two'));
  });

  it('reads it at once after a 401', async () => {
    const { content, open } = files({ '/token': 'one' });
    const credentials = open({ tokenFile: '/token' });
    const refused = await credentials.headers();
    content['/token'] = 'two';
    credentials.invalidate(refused);
    expect(await credentials.headers()).toEqual(bearer('two'));
  });

  it('keeps the last token while the file is missing', async () => {
    const { clock, content, open } = files({ '/token': 'one' });
    const credentials = open({ tokenFile: '/token' });
    await credentials.headers();
    delete content['/token'];
    clock.step(60_000);
    expect(await credentials.headers()).toEqual(bearer('one'));
  });

  it('reads both halves of a certificate', async () => {
    const { open } = files({ '/cert': 'CERT', '/key': 'KEY' });
    expect(await open({ certFile: '/cert', keyFile: '/key' }).certificate()).toEqual({ cert: 'CERT', key: 'KEY' });
    expect(await open({ cert: 'INLINE', keyFile: '/key' }).certificate()).toEqual({ cert: 'INLINE', key: 'KEY' });
  });

  it.each([
    ['', '/token: empty'],
    ['two words', '/token: not a token: contains spaces or control characters'],
  ])('refuses the token file content %j', async (text, message) => {
    const { open } = files({ '/token': text });
    await expect(open({ tokenFile: '/token' }).headers()).rejects.toMatchObject({ code: 'CTM_CREDENTIALS', message });
  });

  it('names a file that cannot be read', async () => {
    const { open } = files({});
    await expect(open({ tokenFile: '/gone' }).headers()).rejects.toMatchObject({
      code: 'CTM_CREDENTIALS',
      message: '/gone: cannot be read: ENOENT: /gone',
    });
  });
});
