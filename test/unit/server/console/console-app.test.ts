/** The console over a running controller and clusters, without a socket. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WriteLog } from '../../../../src/controller/write-log.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { UNPACED } from '../../../../src/runtime/pace.ts';
import { type Console, createConsole } from '../../../../src/server/console/console-app.ts';
import type { ConsoleOptions } from '../../../../src/server/console/console-options.ts';
import type { Account } from '../../../../src/server/console/sessions/accounts.ts';
import { oneTimeCodes } from '../../../../src/server/console/sessions/one-time-code.ts';
import { namespace, service } from '../../../support/clusters/manifests.ts';
import { type HostileFleet, startHostileFleet } from '../../../support/hostile/hostile-fleet.ts';
import { ACTING } from '../../../support/poison.ts';
import { silent } from '../../../support/silent-log.ts';

const EXPORTS = 'multicluster.x-k8s.io/serviceexports';
const IMPORTS = 'multicluster.x-k8s.io/serviceimports';
const HOST = '127.0.0.1:9480';

let fleet: HostileFleet;
const writes = new WriteLog();
const consoles = new Set<Console>();
const stop = new AbortController();

/** What tests replace. */
function open(options: Partial<ConsoleOptions> = {}): { console: Console; issue: () => string } {
  const codes = oneTimeCodes();
  const opened = createConsole({
    fleet: fleet.controller.fleet,
    accounts: codes,
    hosts: [],
    write: true,
    noRequester: 'no sandbox',
    files: tmpdir(),
    version: '0.0.0',
    clock: systemClock,
    logger: silent,
    pace: UNPACED,
    ...options,
  });
  consoles.add(opened);
  void opened.run(stop.signal);
  return { console: opened, issue: codes.issue };
}

beforeAll(async () => {
  const namespaces = [{ name: 'manual*', import: { mode: 'Manual' } }];
  fleet = await startHostileFleet({
    clusters: 2,
    spec: { namespaces },
    following: {
      writes,
      observer: {
        changed: (_, change) => {
          for (const each of consoles) each.changed(change);
        },
        memberChanged: ({ name }) => {
          for (const each of consoles) each.memberChanged(name);
        },
      },
    },
  });
});
afterAll(async () => {
  stop.abort();
  await fleet[Symbol.asyncDispose]();
});

/** A browser with a session. */
class Browser {
  readonly #app: Console['app'];
  #cookie = '';
  #csrf = '';

  constructor({ app }: Console) {
    this.#app = app;
  }

  async visit(path: string): Promise<Response> {
    const response = await this.request(path);
    this.#cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    return response;
  }

  async signIn(code: string): Promise<this> {
    await this.visit(`/?code=${code}`);
    const session = await this.get('/api/v1/session');
    this.#csrf = String(session.csrf);
    return this;
  }

  request(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ host: HOST, ...(this.#cookie !== '' && { cookie: this.#cookie }) });
    for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
    return Promise.resolve(this.#app.request(`http://${HOST}${path}`, { ...init, headers }));
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of any response
  async get(path: string): Promise<any> {
    return (await this.request(path)).json();
  }

  async send(method: 'POST' | 'DELETE', path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await this.request(path, {
      method,
      headers: {
        'x-catamaran-csrf': this.#csrf,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests read fields of any response
    return { status: response.status, body: (await response.json()) as any };
  }
}

/** A browser that has signed in by a code. */
async function signedIn(options: Partial<ConsoleOptions> = {}): Promise<Browser> {
  const { console: opened, issue } = open(options);
  return new Browser(opened).signIn(issue());
}

/** A Service with endpoints in cluster1, in a namespace of both clusters. */
function offer(ns: string, name = 'api'): void {
  for (const each of ['cluster1', 'cluster2']) fleet.cluster(each).create('/namespaces', namespace(ns));
  fleet.cluster('cluster1').create('/services', service(ns, name));
  fleet
    .cluster('cluster1')
    .create('discovery.k8s.io/endpointslices', fleet.cluster('cluster1').slice(ns, name, [1, 2]));
}

const has = (cluster: string, kind: typeof EXPORTS | typeof IMPORTS, ns: string): boolean =>
  fleet.cluster(cluster).api.get(kind, { namespace: ns, name: 'api' }) !== undefined;

async function ready(browser: Browser, ns: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { report } = await browser.get(`/api/v1/services/${ns}/api`);
      expect(report?.state).toBe('Ready');
    },
    { timeout: 30_000, interval: 50 },
  );
}

describe('sign-in by a code', () => {
  it('works once, for one browser, and keeps nothing in the address', async () => {
    const { console: opened, issue } = open();
    const code = issue();
    const first = new Browser(opened);
    const answer = await first.visit(`/?code=${code}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    expect(answer.headers.get('set-cookie')).toMatch(/^catamaran-console-9480=[\w-]{43}; .*HttpOnly; SameSite=Strict$/);
    expect((await first.request('/api/v1/session')).status).toBe(200);

    const second = new Browser(opened);
    expect((await second.visit(`/?code=${code}`)).headers.get('location')).toBe('/?code-used');
    const refused = await second.request('/api/v1/session');
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { code: 'CTM_CONSOLE_SESSION', message: expect.any(String), login: 'code' },
    ]);
  });

  it('two tabs share a session, and a sign-out ends it for both', async () => {
    const browser = await signedIn();
    expect((await browser.request('/api/v1/session')).status).toBe(200);
    const response = await browser.request('/api/v1/session', { method: 'DELETE' });
    expect(response.status).toBe(403); // without the token against forgery
    const { csrf } = await browser.get('/api/v1/session');
    const left = await browser.request('/api/v1/session', { method: 'DELETE', headers: { 'x-catamaran-csrf': csrf } });
    expect(left.status).toBe(204);
    expect((await browser.request('/api/v1/session')).status).toBe(401);
  });

  it('a wrong code opens no session', async () => {
    for (const code of ['', 'x', 'a'.repeat(10_000), '%00', '<b>']) {
      const browser = new Browser(open().console);
      await browser.visit(`/?code=${encodeURIComponent(code)}`);
      expect((await browser.request('/api/v1/clusterset')).status).toBe(401);
    }
  });
});

describe('requests of other pages', () => {
  it('a host name that resolves to this machine is refused, for every path', async () => {
    const browser = await signedIn();
    for (const path of ['/', '/api/v1/session', '/assets/x.js']) {
      const response = await browser.request(path, { headers: { host: 'evil.example:9480' } });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  it('another origin, a missing token and a wrong token are refused, and change nothing', async () => {
    offer('forged');
    const browser = await signedIn();
    const body = { namespace: 'forged', name: 'api', member: 'cluster1' };
    const wrong: readonly Record<string, string>[] = [
      { 'x-catamaran-csrf': '' },
      { 'x-catamaran-csrf': 'x'.repeat(43) },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of wrong) {
      const { status } = await browser.send('POST', '/api/v1/exports', body, headers);
      expect([headers, status]).toEqual([headers, 403]);
    }
    expect(has('cluster1', EXPORTS, 'forged')).toBe(false);
  });

  it('every response forbids scripts of others, frames and guessing of types', async () => {
    const browser = await signedIn();
    for (const path of ['/', '/services/a/b', '/api/v1/session', '/api/v1/none', '/assets/none.js']) {
      const { headers } = await browser.request(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('a page that is not built says how to build it', async () => {
    const response = await (await signedIn()).request('/');
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('dist/console')]);
  });
});

describe('bodies and parameters', () => {
  it.each([
    ['POST', '/api/v1/exports', { namespace: 'a', name: 'b' }, 400, 'member'],
    ['POST', '/api/v1/exports', { namespace: '<b>', name: 'b', member: 'cluster1' }, 400, 'namespace'],
    ['POST', '/api/v1/exports', { namespace: 'a', name: 'b', member: 'cluster1', more: 1 }, 400, ''],
    ['POST', '/api/v1/exports', { namespace: 'a', name: 'b', member: 'nowhere' }, 404, undefined],
    ['POST', '/api/v1/exports', 'x'.repeat(40_000), 413, undefined],
    ['POST', '/api/v1/preview', { namespace: 'a', name: 'b', member: 'cluster1', consumers: 'x' }, 400, 'consumers'],
    ['DELETE', '/api/v1/exports/a/b', undefined, 400, 'member'],
    ['POST', '/api/v1/requests', { namespace: 'a', name: 'b', from: 'cluster1', port: 0 }, 400, 'port'],
  ] as const)('%s %s, case %#', async (method, path, body, status, field) => {
    const response = await (await signedIn()).send(method, path, body);
    expect([response.status, response.body.field]).toEqual([status, field]);
    expect(response.body.code).toMatch(/^CTM_CONSOLE_/);
  });

  it.each([
    ['/api/v1/services?limit=0', 'limit'],
    ['/api/v1/services?limit=1e9', 'limit'],
    ['/api/v1/services?after=x', 'after'],
    [`/api/v1/services?keys=${'a/b,'.repeat(300)}a/b`, 'keys'],
    ['/api/v1/members/cluster1/services', 'namespace'],
  ])('parameters, case %#', async (path, field) => {
    const response = await (await signedIn()).request(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'CTM_CONSOLE_INPUT', field });
  });
});

describe('reading', () => {
  it('shows what is exported and imported, its merge, its endpoints and its names', async () => {
    fleet.cluster('cluster2').create('/namespaces', namespace('seen'));
    fleet.cluster('cluster1').export('seen', 'api', [1, 2]);
    const browser = await signedIn({ writes: { recent: () => [], dropped: 0 } });
    await ready(browser, 'seen');
    const detail = await browser.get('/api/v1/services/seen/api');
    expect(detail).toMatchObject({
      merge: { type: 'ClusterSetIP', precedence: ['cluster1'], unknown: [] },
      sources: [{ member: 'cluster1', total: 2 }],
      names: [
        { member: 'cluster1', names: ['amcs-api.seen', 'api.seen.svc.clusterset.local'] },
        { member: 'cluster2', names: ['amcs-api.seen', 'api.seen.svc.clusterset.local'] },
      ],
      may: { export: true, unexport: true, import: true, unimport: true },
    });
    expect(detail.merge.fields).toContainEqual({
      field: 'type',
      reason: 'TypeConflict',
      winner: 'cluster1',
      value: 'ClusterSetIP',
      others: [],
    });
    const overview = await browser.get('/api/v1/clusterset');
    expect(overview.members).toMatchObject([
      { name: 'cluster1', state: 'ready', writer: { state: 'active' } },
      { name: 'cluster2', state: 'ready', writer: { state: 'active' } },
    ]);
    expect(overview.states.Ready).toBeGreaterThanOrEqual(1);
    const page = await browser.get('/api/v1/services?limit=1');
    expect([page.services.length, page.next === undefined || page.next.includes('/')]).toEqual([1, true]);
    expect(await browser.get('/api/v1/services?keys=seen/api,seen/none')).toMatchObject({
      services: [{ namespace: 'seen', name: 'api', state: 'Ready', type: 'ClusterSetIP' }],
    });
    const explained = await browser.get('/api/v1/services/seen/api/explain?consumer=cluster2');
    expect(explained.paths).toMatchObject([{ consumer: 'cluster2' }]);
    const { flows } = await browser.get('/api/v1/topology');
    expect(flows).toContainEqual(expect.objectContaining({ from: 'cluster1', to: 'cluster2' }));
    const { entries } = await browser.get('/api/v1/services/seen/api/timeline');
    expect(entries).toContainEqual(
      expect.objectContaining({ kind: 'condition', object: 'ServiceImport', member: 'cluster2', reason: 'Ready' }),
    );
    const member = await browser.get('/api/v1/members/cluster1');
    expect(member.ranges.pods).toContain('10.1.0.0/16');
    expect(member.budget[0]).toMatchObject({ what: 'exports', limit: expect.any(Number) });
    expect(member.permissions.every(({ allowed }: { allowed: boolean }) => allowed)).toBe(true);
  });

  it('names and messages of others are data, and no character acts on a terminal', async () => {
    const evil = '<img src=x onerror=alert(1)>\u001b[2J\u202e';
    fleet.cluster('cluster1').create('/namespaces', namespace('markup'));
    fleet.cluster('cluster1').create(EXPORTS, {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceExport',
      metadata: { namespace: 'markup', name: 'api' },
      status: { conditions: [] },
    });
    fleet.cluster('cluster1').create('events.k8s.io/events', {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { namespace: 'markup', name: 'api.1' },
      eventTime: '2026-11-28T00:00:00.000000Z',
      reportingController: 'example.org/evil',
      reportingInstance: 'x',
      action: 'Say',
      type: 'Warning',
      reason: 'Evil',
      note: evil,
      regarding: { apiVersion: 'v1', kind: 'ServiceExport', namespace: 'markup', name: 'api' },
    });
    const browser = await signedIn();
    await vi.waitFor(async () => expect((await browser.request('/api/v1/services/markup/api')).status).toBe(200));
    const response = await browser.request('/api/v1/services/markup/api/timeline');
    expect(response.headers.get('content-type')).toBe('application/json');
    const text = await response.text();
    expect(text).not.toMatch(ACTING);
    expect(JSON.parse(text).entries).toContainEqual(expect.objectContaining({ reason: 'Evil', message: evil }));
  });

  it('what does not exist is not found, by one body', async () => {
    const browser = await signedIn();
    const bodies = await Promise.all(
      ['/api/v1/services/none/none', '/api/v1/services/%3Cb%3E/none', '/api/v1/members/none', '/api/v1/x'].map(
        async (path) => {
          const response = await browser.request(path);
          return [response.status, await response.json()];
        },
      ),
    );
    expect(bodies).toMatchObject(bodies.map(() => [404, { code: 'CTM_CONSOLE_UNKNOWN' }]));
  });
});

describe('changing', () => {
  it('previews, exports, imports and takes back, as the commands do', async () => {
    offer('manual');
    const browser = await signedIn();
    const share = { namespace: 'manual', name: 'api', member: 'cluster1' };
    expect(await browser.get('/api/v1/members/cluster1/services?namespace=manual')).toMatchObject({
      services: [{ name: 'api', type: 'ClusterIP', exported: false }],
    });
    const preview = await browser.send('POST', '/api/v1/preview', { ...share, consumers: ['cluster2'] });
    expect(preview.body).toMatchObject({
      export: { member: 'cluster1', alreadyExported: false, exporters: [] },
      imports: [{ member: 'cluster2', by: 'manual', names: ['amcs-api.manual', 'api.manual.svc.clusterset.local'] }],
      objects: [
        { member: 'cluster1', yaml: expect.stringContaining('kind: ServiceExport') },
        { member: 'cluster2', yaml: expect.stringContaining('kind: ServiceImport') },
      ],
    });
    expect(has('cluster1', EXPORTS, 'manual')).toBe(false);
    const dry = await browser.send('POST', '/api/v1/exports?dryRun=true', share);
    expect([dry.status, dry.body.done, has('cluster1', EXPORTS, 'manual')]).toEqual([200, 'planned', false]);

    expect(await browser.send('POST', '/api/v1/exports', share)).toMatchObject({
      status: 201,
      body: { done: 'created' },
    });
    const wanted = { ...share, member: 'cluster2', provider: 'cluster1' };
    expect(await browser.send('POST', '/api/v1/imports', wanted)).toMatchObject({
      status: 201,
      body: { done: 'created', objects: [{ object: { spec: { type: 'ClusterSetIP' } } }] },
    });
    await ready(browser, 'manual');
    expect(await browser.send('POST', '/api/v1/exports', share)).toMatchObject({
      status: 200,
      body: { done: 'unchanged' },
    });

    const path = '/api/v1/imports/manual/api?member=cluster2';
    expect(await browser.send('DELETE', path)).toMatchObject({ status: 200, body: { done: 'deleted' } });
    await vi.waitFor(() => expect(has('cluster2', IMPORTS, 'manual')).toBe(false));
    expect(await browser.send('DELETE', '/api/v1/exports/manual/api?member=cluster1&dryRun=true')).toMatchObject({
      body: { done: 'planned', preview: { exported: true, remaining: [] } },
    });
    expect(await browser.send('DELETE', '/api/v1/exports/manual/api?member=cluster1')).toMatchObject({
      body: { done: 'deleted' },
    });
    await vi.waitFor(() => expect(has('cluster1', EXPORTS, 'manual')).toBe(false));
    expect([...writes.recent()]).toContainEqual(
      expect.objectContaining({ member: 'cluster2', key: 'manual/api', op: 'create', outcome: 'applied' }),
    );
  });

  it('an automatic import is not deleted, since it would come back', async () => {
    fleet.cluster('cluster2').create('/namespaces', namespace('auto'));
    fleet.cluster('cluster1').export('auto', 'api', [1]);
    const browser = await signedIn();
    await ready(browser, 'auto');
    const { status, body } = await browser.send('DELETE', '/api/v1/imports/auto/api?member=cluster2');
    expect([status, body.code]).toEqual([409, 'CTM_SHARING']);
    expect(has('cluster2', IMPORTS, 'auto')).toBe(true);
  });

  it('a conflict has to be accepted', async () => {
    offer('clash');
    fleet.cluster('cluster1').create(EXPORTS, {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'ServiceExport',
      metadata: { namespace: 'clash', name: 'api' },
    });
    const other = service('clash', 'api');
    fleet.cluster('cluster2').create('/services', { ...other, spec: { ...other.spec, ports: [{ port: 9999 }] } });
    const browser = await signedIn();
    await vi.waitFor(async () => expect((await browser.request('/api/v1/services/clash/api')).status).toBe(200));
    const share = { namespace: 'clash', name: 'api', member: 'cluster2' };
    expect(await browser.send('POST', '/api/v1/exports', share)).toMatchObject({
      status: 409,
      body: { code: 'CTM_SHARING', message: expect.stringContaining('PortConflict') },
    });
    expect(await browser.send('POST', '/api/v1/exports', { ...share, acceptConflict: true })).toMatchObject({
      status: 201,
    });
    await vi.waitFor(
      async () => {
        const { conflicts } = await browser.get('/api/v1/conflicts');
        expect(conflicts).toContainEqual(
          expect.objectContaining({
            namespace: 'clash',
            fields: [expect.objectContaining({ field: 'ports', winner: 'cluster1' })],
          }),
        );
      },
      { timeout: 20_000 },
    );
  });

  it('is refused in a read-only console, except for previews', async () => {
    offer('readonly');
    const browser = await signedIn({ write: false });
    const share = { namespace: 'readonly', name: 'api', member: 'cluster1' };
    expect(await browser.send('POST', '/api/v1/exports', share)).toMatchObject({
      status: 403,
      body: { code: 'CTM_CONSOLE_REFUSED', message: expect.stringContaining('--write') },
    });
    expect(await browser.send('POST', '/api/v1/exports?dryRun=true', share)).toMatchObject({
      body: { done: 'planned' },
    });
    expect(has('cluster1', EXPORTS, 'readonly')).toBe(false);
  });

  it('a real request streams its attempts, and says so if there is no sandbox', async () => {
    const lines = [
      { kind: 'attempt', at: '2026-11-28T00:00:00Z', url: 'http://x/', ok: true, seen: 'status 200' },
      { kind: 'done', ok: true, url: 'http://x/', status: 200, body: '<b>', seen: 'status 200' },
    ] as const;
    const browser = await signedIn({
      requester: async function* () {
        yield* lines;
      },
    });
    const { csrf } = await browser.get('/api/v1/session');
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-catamaran-csrf': csrf },
      body: JSON.stringify({ namespace: 'seen', name: 'api', from: 'cluster2' }),
    };
    const response = await browser.request('/api/v1/requests', init);
    expect(
      (await response.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(lines);
    const without = await signedIn();
    expect(await without.send('POST', '/api/v1/requests', JSON.parse(init.body))).toMatchObject({
      status: 403,
      body: { message: 'no sandbox' },
    });
  });
});

/** An account that may see one namespace. */
function restricted(only: string): Account {
  return {
    user: 'ann',
    scope: { all: false, sees: (each) => each === only },
    review: async () => {},
    may: async (deed) => deed.namespace === only,
  };
}

describe('a user with rights in one namespace', () => {
  it('sees and changes that namespace alone, and no count tells of another', async () => {
    fleet.cluster('cluster2').create('/namespaces', namespace('hers'));
    fleet.cluster('cluster1').export('hers', 'api', [1]);
    fleet.cluster('cluster2').create('/namespaces', namespace('secret'));
    fleet.cluster('cluster1').export('secret', 'api', [1]);
    const admin = await signedIn();
    await ready(admin, 'hers');
    await ready(admin, 'secret');
    const account = restricted('hers');
    const accounts = { login: 'code', redeem: (code: string) => (code === 'x' ? account : undefined) } as const;
    const opened = open({ accounts, writes: { recent: () => [], dropped: 7 } }).console;
    const browser = await new Browser(opened).signIn('x');
    const texts = await Promise.all(
      [
        'clusterset',
        'services',
        'conflicts',
        'topology',
        'writes',
        'members/cluster1',
        'members/cluster1/namespaces',
      ].map(async (path) => (await browser.request(`/api/v1/${path}`)).text()),
    );
    expect(texts.join('\n')).not.toMatch(/secret|seen|manual|clash/);
    const [overview, services] = texts.map((text) => JSON.parse(text));
    expect(overview.totals).toMatchObject({ services: 1, exports: 1, imports: 2 });
    expect(overview.members).toMatchObject([
      { exports: 1, imports: 1, writer: { state: 'unknown' } },
      { exports: 0, imports: 1 },
    ]);
    expect(services.services.map(({ namespace: each }: { namespace: string }) => each)).toEqual(['hers']);
    for (const path of [
      'services/secret/api',
      'services/secret/api/explain',
      'members/cluster1/services?namespace=secret',
    ]) {
      const there = await browser.request(`/api/v1/${path}`);
      const absent = await browser.request(`/api/v1/${path.replace('secret', 'absent')}`);
      expect([there.status, await there.text()]).toEqual([404, await absent.text()]);
    }
    const removal = await browser.send('DELETE', '/api/v1/exports/secret/api?member=cluster1');
    expect(removal.status).toBe(403);
    expect(await browser.send('DELETE', '/api/v1/exports/hers/api?member=cluster1')).toMatchObject({ status: 200 });
    expect(has('cluster1', EXPORTS, 'secret')).toBe(true);
  });
});

describe('events', () => {
  it('a change arrives with its row, and a lost connection catches up', async () => {
    const browser = await signedIn();
    const events = await reader(await browser.request('/api/v1/events'));
    const { id } = await events.next('snapshot');
    fleet.cluster('cluster2').create('/namespaces', namespace('live'));
    fleet.cluster('cluster1').export('live', 'api', [1]);
    const change = await events.until(({ event, data }) => event === 'change' && data.services.includes('live/api'));
    expect(change.data.rows).toContainEqual(expect.objectContaining({ namespace: 'live', name: 'api' }));
    await events.close();
    const again = await reader(await browser.request('/api/v1/events', { headers: { 'last-event-id': id } }));
    // Without an open page in between, what was missed is fetched as a whole.
    await again.next('snapshot');
    await again.close();
  });
});

interface Received {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read fields of any message
  readonly data: any;
}

/** Reads an event stream. */
async function reader(response: Response) {
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const stream = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const read = async (): Promise<Received> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const fields = new Map(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        const event = fields.get('event');
        if (event === undefined) continue;
        return { event, id: fields.get('id') ?? '', data: JSON.parse(fields.get('data') ?? 'null') };
      }
      const chunk = await stream?.read();
      if (!chunk || chunk.done) throw new Error('the stream has ended');
      text += chunk.value;
    }
  };
  const until = async (wanted: (received: Received) => boolean): Promise<Received> => {
    for (;;) {
      const received = await read();
      if (wanted(received)) return received;
    }
  };
  return { until, next: (event: string) => until((each) => each.event === event), close: async () => stream?.cancel() };
}
