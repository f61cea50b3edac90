/** Changes of the fake console: exports appear at once, and their imports shortly after. */
import { setTimeout as delay } from 'node:timers/promises';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import type { ChangeMessage } from '../../../src/server/console/api-types.ts';
import { type Clusterset, serviceSummary } from './clusterset-fixture.ts';

const shareSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  member: z.string().default(''),
  from: z.string().default(''),
  consumers: z.array(z.string()).default([]),
});

/** Between the steps of the controller. */
const STEP_MS = 60;

export function changeRoutes(
  clusterset: Clusterset,
  changed: (change: Partial<ChangeMessage>) => void,
  csrf: string,
): Hono {
  const routes = new Hono();
  const index = (namespace: string, name: string) =>
    clusterset.services.findIndex((row) => row.namespace === namespace && row.name === name);
  routes.use(async (context, next) => {
    if (context.req.method !== 'GET' && context.req.header('x-catamaran-csrf') !== csrf) {
      return context.json({ code: 'CTM_CONSOLE_DENIED', message: 'no token' }, 403);
    }
    await next();
  });
  routes.get('/members/:member/namespaces', (context) => context.json({ namespaces: ['infra', 'shop'] }));
  routes.get('/members/:member/services', (context) =>
    context.json({
      services: [
        { name: 'billing', type: 'ClusterIP', ports: [{ name: 'http', protocol: 'TCP', port: 80 }], exported: false },
        { name: 'cart', type: 'ClusterIP', ports: [{ name: 'http', protocol: 'TCP', port: 8080 }], exported: true },
        {
          name: 'legacy',
          type: 'ExternalName',
          ports: [],
          exported: false,
          refusal: 'a Service of type ExternalName cannot be exported',
        },
      ],
      truncated: false,
    }),
  );
  routes.post('/preview', async (context) => {
    const { namespace, name, member, consumers } = shareSchema.parse(await context.req.json());
    const object = {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { namespace, name },
    };
    return context.json({
      export: {
        member,
        alreadyExported: false,
        exporters: name === 'cart' ? ['frankfurt'] : [],
        importers: consumers,
        ...(name === 'cart' && {
          conflict: { reason: 'PortConflict', message: 'ports: "frankfurt" has 80/TCP and wins' },
        }),
      },
      imports: consumers.map((consumer) => ({
        member: consumer,
        exporters: [member],
        alreadyImported: false,
        by: 'automatic',
        names: [`amcs-${name}.${namespace}`, `${name}.${namespace}.svc.clusterset.local`],
      })),
      objects: [
        {
          member,
          object,
          yaml: `apiVersion: ${object.apiVersion}\nkind: ServiceExport\nmetadata:\n  namespace: ${namespace}\n  name: ${name}\n`,
        },
      ],
    });
  });
  routes.post('/exports', async (context) => {
    const { namespace, name, member } = shareSchema.parse(await context.req.json());
    const row = serviceSummary(namespace, name, [member], []);
    clusterset.services.push({ ...row, state: 'Pending', exports: [{ member, state: 'Pending', ready: 2, total: 2 }] });
    changed({ services: [`${namespace}/${name}`] });
    void delay(STEP_MS).then(() => {
      const importers = clusterset.members.map((each) => each.name);
      clusterset.services[index(namespace, name)] = serviceSummary(namespace, name, [member], importers);
      changed({ services: [`${namespace}/${name}`] });
    });
    return context.json({
      done: 'created',
      preview: { member, alreadyExported: false, exporters: [], importers: [] },
      objects: [],
    });
  });
  routes.delete('/exports/:namespace/:name', (context) => {
    const { namespace, name } = context.req.param();
    const member = context.req.query('member') ?? '';
    const at = index(namespace, name);
    const row = clusterset.services[at];
    const remaining = row?.exports.map((each) => each.member).filter((each) => each !== member) ?? [];
    const preview = { member, exported: true, remaining, importers: row?.imports.map((each) => each.member) ?? [] };
    if (context.req.query('dryRun') === 'true') return context.json({ done: 'planned', preview });
    if (remaining.length === 0) clusterset.services.splice(at, 1);
    else if (row) clusterset.services[at] = serviceSummary(namespace, name, remaining, preview.importers);
    changed({ services: [`${namespace}/${name}`] });
    return context.json({ done: 'deleted', preview });
  });
  routes.post('/requests', async (context) => {
    const { namespace, name } = shareSchema.parse(await context.req.json());
    const url = `http://amcs-${name}.${namespace}/`;
    const at = '2026-11-28T04:00:00Z';
    return stream(context, async (out) => {
      await out.writeln(JSON.stringify({ kind: 'attempt', at, url, ok: false, seen: 'Could not resolve host' }));
      await delay(STEP_MS);
      await out.writeln(
        JSON.stringify({ kind: 'done', url, ok: true, status: 200, body: 'hello from frankfurt\n', seen: 'HTTP 200' }),
      );
    });
  });
  return routes;
}
