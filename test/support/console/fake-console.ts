/** The server of the console over a clusterset in memory, with the same API types, for tests of the page. */

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ChangeMessage, Overview, Session } from '../../../src/server/console/api-types.ts';
import { attentionOf, type Clusterset, serviceDetail } from './clusterset-fixture.ts';
import { changeRoutes } from './fake-changes.ts';

export const FILES = join(import.meta.dirname, '../../../dist/console');

const CSP =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

export interface FakeConsole extends AsyncDisposable {
  readonly url: string;
  readonly clusterset: Clusterset;
  readonly session: Session;
  /** Sends a change to all pages. */
  changed(change: Partial<ChangeMessage>): void;
  /** Closes all connections, and accepts none until `reconnect`. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
}

export const SESSION: Session = {
  csrf: 'forty-two',
  write: true,
  requests: { available: true },
  writesFrom: 'controller',
  allNamespaces: true,
  clustersetDomain: 'clusterset.local',
  fleet: 'sandbox',
  version: '0.1.0',
};

export async function openFakeConsole(clusterset: Clusterset, session: Session = SESSION): Promise<FakeConsole> {
  let revision = 1;
  const listeners = new Set<(message: ChangeMessage) => void>();
  const changed = (change: Partial<ChangeMessage>) => {
    revision += 1;
    for (const send of listeners) send({ revision, services: [], members: [], ...change });
  };
  const app = new Hono();
  const api = new Hono();
  api.get('/session', (context) => context.json(session));
  api.get('/clusterset', (context) => context.json(overviewOf(clusterset, revision)));
  api.get('/services', (context) => {
    const { after, limit = '500', keys } = context.req.query();
    const keyed = clusterset.services.map((row) => ({ row, key: `${row.namespace}/${row.name}` }));
    if (keys !== undefined) {
      const wanted = keys.split(',');
      return context.json({
        revision,
        services: keyed.filter(({ key }) => wanted.includes(key)).map(({ row }) => row),
      });
    }
    const rest = keyed.filter(({ key }) => after === undefined || key > after);
    const page = rest.slice(0, Number(limit));
    return context.json({
      revision,
      services: page.map(({ row }) => row),
      ...(page.length < rest.length && { next: page.at(-1)?.key }),
    });
  });
  const found = (namespace: string, name: string) =>
    clusterset.services.find((row) => row.namespace === namespace && row.name === name);
  api.get('/services/:namespace/:name', (context) => {
    const row = found(context.req.param('namespace'), context.req.param('name'));
    if (!row) return context.json({ code: 'CTM_NOT_FOUND', message: 'no member exports or imports it' }, 404);
    return context.json(serviceDetail(row, revision));
  });
  api.get('/services/:namespace/:name/explain', (context) => {
    const { namespace, name } = context.req.param();
    const row = found(namespace, name);
    const isReady = row?.state === 'Ready' || row?.state === 'Conflict';
    const [exporter] = row?.exports ?? [];
    const paths = (row?.imports ?? []).map(({ member }) => {
      const hops = [
        {
          hop: 'Service',
          member: exporter?.member ?? member,
          result: 'ok',
          seen: `Service ${namespace}/${name} exists`,
        },
        isReady
          ? {
              hop: 'endpoints',
              member: exporter?.member ?? member,
              result: 'ok',
              seen: `${exporter?.ready} endpoints are ready`,
            }
          : {
              hop: 'endpoints',
              member: exporter?.member ?? member,
              result: 'broken',
              seen: 'none of 2 endpoints is ready',
              remedy: `kubectl -n ${namespace} get pods`,
            },
        { hop: 'import', member, result: isReady ? 'ok' : 'skipped', seen: 'the ServiceImport is ready' },
      ];
      const broken = hops.find(({ result }) => result === 'broken');
      return { consumer: member, hops, ...(broken && { broken }) };
    });
    return context.json({ namespace, name, paths });
  });
  api.get('/services/:namespace/:name/timeline', (context) =>
    context.json({
      entries: [
        {
          at: '2026-11-27T09:30:00Z',
          member: 'frankfurt',
          kind: 'object',
          severity: 'normal',
          object: 'ServiceExport',
          reason: 'Created',
          message: '',
        },
      ],
      missing: [],
    }),
  );
  api.get('/members/:member', (context) => {
    const member = clusterset.members.find(({ name }) => name === context.req.param('member'));
    if (!member) return context.json({ code: 'CTM_NOT_FOUND', message: 'member not found' }, 404);
    return context.json({
      ...member,
      revision,
      importMode: 'Automatic',
      clusterId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      ranges: {
        pods: ['10.1.0.0/16'],
        services: ['10.96.0.0/16'],
        nodes: [],
        others: [],
        ipFamilies: ['IPv4'],
        accepts: 'Known',
      },
      permissions: [
        { verb: 'list', resource: 'serviceexports.multicluster.x-k8s.io', allowed: true },
        { verb: 'patch', resource: 'serviceimports.multicluster.x-k8s.io/status', allowed: false },
      ],
      budget: [
        { what: 'exports', used: 210, limit: 1000 },
        { what: 'bytes', used: 900_000, limit: 1_000_000 },
      ],
    });
  });
  api.get('/conflicts', (context) => {
    const conflicts = clusterset.services
      .filter(({ state }) => state === 'Conflict')
      .map((row) => {
        const { merge } = serviceDetail(row, revision);
        const fields = merge?.fields.filter(({ others }) => others.length > 0) ?? [];
        return { namespace: row.namespace, name: row.name, ...merge?.conflict, fields };
      });
    return context.json({ revision, conflicts, total: conflicts.length });
  });
  api.get('/topology', (context) => {
    const flows = new Map<string, { from: string; to: string; services: number; endpoints: number }>();
    for (const { exports, imports } of clusterset.services) {
      for (const { member: from, ready } of exports) {
        for (const { member: to } of imports) {
          const flow = flows.get(`${from} ${to}`) ?? { from, to, services: 0, endpoints: 0 };
          flows.set(`${from} ${to}`, { ...flow, services: flow.services + 1, endpoints: flow.endpoints + ready });
        }
      }
    }
    const all = [...flows.values()].sort((a, b) => b.endpoints - a.endpoints);
    return context.json({ revision, members: clusterset.members, flows: all.slice(0, 5000), totalFlows: all.length });
  });
  api.get('/writes', (context) =>
    context.json({
      source: 'controller',
      dropped: 0,
      writes: clusterset.services.slice(0, 20).map(({ namespace, name }, i) => ({
        id: String(i),
        at: `2026-11-28T04:0${i % 10}:12Z`,
        member: clusterset.members[0]?.name ?? '',
        op: 'create',
        resource: 'endpointslices',
        namespace,
        name: `amcs-${name}-x7f2c`,
        service: `${namespace}/${name}`,
        why: 'endpoints of frankfurt changed',
        outcome: 'applied',
        lagMs: 14,
      })),
    }),
  );
  api.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      const send = (message: ChangeMessage) =>
        void stream.writeSSE({ event: 'change', id: String(message.revision), data: JSON.stringify(message) });
      listeners.add(send);
      await stream.writeSSE({ event: 'snapshot', id: String(revision), data: JSON.stringify({ revision }) });
      await new Promise<void>((resolve) => stream.onAbort(resolve));
      listeners.delete(send);
    }),
  );
  api.route('/', changeRoutes(clusterset, changed, session.csrf));
  app.route('/api/v1', api);
  app.get('*', async (context) => {
    const path = context.req.path === '/' ? '/index.html' : context.req.path;
    const name = TYPES[extname(path)] === undefined ? '/index.html' : path;
    const content = await readFile(join(FILES, name)).catch(() => undefined);
    if (!content) return context.text('not found', 404);
    return context.body(new Uint8Array(content), 200, {
      'content-type': TYPES[extname(name)] ?? '',
      'content-security-policy': CSP,
    });
  });

  const listener = getRequestListener(app.fetch);
  let server = createServer((request, response) => void listener(request, response));
  const listen = (port: number) =>
    new Promise<number>((resolve) => {
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(isAddress(address) ? address.port : port);
      });
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    clusterset,
    session,
    changed,
    disconnect: close,
    reconnect: async () => {
      server = createServer((request, response) => void listener(request, response));
      await listen(port);
    },
    [Symbol.asyncDispose]: close,
  };
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function overviewOf(clusterset: Clusterset, revision: number): Overview {
  const { members, services } = clusterset;
  const attention = attentionOf(clusterset);
  const states: Partial<Record<(typeof services)[number]['state'], number>> = {};
  for (const { state } of services) states[state] = (states[state] ?? 0) + 1;
  return {
    revision,
    members,
    totals: {
      services: services.length,
      exports: services.reduce((sum, { exports }) => sum + exports.length, 0),
      imports: services.reduce((sum, { imports }) => sum + imports.length, 0),
      conflicts: services.filter(({ state }) => state === 'Conflict').length,
      attention: attention.length,
    },
    states,
    attention: attention.slice(0, 200),
  };
}
