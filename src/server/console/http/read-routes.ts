/** The routes that read. */
import type { Context, Hono } from 'hono';
import { explain } from '../../../inspect/explain/explanation.ts';
import { visibleJson } from '../../../runtime/visible.ts';
import type { ConsoleOptions } from '../console-options.ts';
import type { ChangeFeed } from '../feed/change-feed.ts';
import { timelineOf } from '../history/timeline.ts';
import { writesOf } from '../history/writes.ts';
import { namespaceChoices, serviceChoices } from '../member/choices.ts';
import { memberDetail } from '../member/member-detail.ts';
import { Permissions } from '../member/permissions.ts';
import { invalid, unknown } from '../problem.ts';
import type { LeaseReader } from '../rows/lease-reader.ts';
import { memberSummaries } from '../rows/member-summaries.ts';
import { conflictsOf, overviewOf, rowsOf, servicePage, topologyOf } from '../rows/overview.ts';
import type { ServiceRows } from '../rows/service-rows.ts';
import { sharedAnswers } from '../rows/shared-answers.ts';
import type { Scope } from '../scope.ts';
import { serviceDetail } from '../service/service-detail.ts';
import type { Account } from '../sessions/accounts.ts';
import type { ConsoleEnv } from './guards.ts';
import { keyInPath, memberNamed, parseKey, wholeNumberIn } from './queries.ts';

const MOST_KEYS = 200;
const PAGE = 500;
const LARGEST_PAGE = 2_000;

export interface ReadParts {
  readonly feed: ChangeFeed;
  readonly rows: ServiceRows;
  readonly leases: LeaseReader;
}

type Reading = Context<ConsoleEnv>;

export function json(context: Reading, body: unknown, status: 200 | 201 = 200): Response {
  return jsonText(context, JSON.stringify(body), status);
}

/** JSON that is already text. Characters that an editor or terminal would act on are escaped, as in all output. */
function jsonText(context: Reading, text: string, status: 200 | 201 = 200): Response {
  return context.body(visibleJson(text), status, { 'content-type': 'application/json' });
}

export function addReadRoutes(app: Hono<ConsoleEnv>, options: ConsoleOptions, { feed, rows, leases }: ReadParts): void {
  const { fleet, clock, writes } = options;
  const permissions = new Permissions(clock);
  const sources = { fleet, leases, ...(writes && { writes }) };
  const scopeOf = async (context: Reading): Promise<Scope> => {
    const { account } = context.get('session');
    await account.review(namespaces());
    return account.scope;
  };
  const namespaces = (): Set<string> => new Set([...fleet.index.keys()].map((key) => key.slice(0, key.indexOf('/'))));
  /** The scope for one namespace, which needs no answer about the others. */
  const scopeFor = async (context: Reading, namespace: string): Promise<Scope> => {
    const { account } = context.get('session');
    await account.review([namespace]);
    return account.scope;
  };

  const revision = () => feed.revision;
  const { signal } = new AbortController();
  const overview = sharedAnswers(clock, revision, async (scope) =>
    overviewOf(rows, await memberSummaries(sources, scope, signal), scope, revision),
  );
  const topology = sharedAnswers(clock, revision, async (scope) =>
    topologyOf(rows, await memberSummaries(sources, scope, signal), scope, feed.revision),
  );
  app.get('/clusterset', async (context) => jsonText(context, await overview(await scopeOf(context))));
  app.get('/topology', async (context) => jsonText(context, await topology(await scopeOf(context))));

  app.get('/services', async (context) => {
    const keys = context.req.query('keys');
    if (keys !== undefined) {
      const list = keys.split(',').map((key) => parseKey('keys', key));
      if (list.length > MOST_KEYS) throw invalid('keys', `${list.length} keys`, `at most ${MOST_KEYS}`);
      const scope = await scopeOf(context);
      return jsonText(context, `{"revision":${feed.revision},"services":[${rowsOf(rows, list, scope).join(',')}]}`);
    }
    const limit = wholeNumberIn(context, 'limit', LARGEST_PAGE, PAGE);
    const text = context.req.query('after');
    const after = text === undefined ? undefined : parseKey('after', text);
    const scope = await scopeOf(context);
    const page = { limit, ...(after !== undefined && { after }) };
    return jsonText(context, await servicePage(rows, scope, feed.revision, page));
  });

  app.get('/conflicts', async (context) => {
    const scope = await scopeOf(context);
    return json(context, await conflictsOf(fleet, rows, scope, feed.revision, clock.now()));
  });

  app.get('/writes', async (context) => {
    const { after, service, member } = context.req.query();
    const query = {
      ...(after !== undefined && { after }),
      ...(service !== undefined && { service: parseKey('service', service) }),
      ...(member !== undefined && { member: memberNamed(fleet, member).name }),
    };
    return json(context, await writesOf(fleet, writes, await scopeOf(context), query, context.req.raw.signal));
  });

  app.get('/services/:namespace/:name', async (context) => {
    const { namespace } = context.req.param();
    const key = keyInPath(context, await scopeFor(context, namespace));
    const { account } = context.get('session');
    const at = feed.revision;
    const detail = serviceDetail(fleet, key, await rightsOf(account, namespace, options.write), clock.now());
    if (!detail) throw unknown('Service');
    return json(context, { revision: at, ...detail });
  });

  app.get('/services/:namespace/:name/explain', async (context) => {
    const key = keyInPath(context, await scopeFor(context, context.req.param('namespace')));
    const name = context.req.query('consumer');
    const consumer = name === undefined ? undefined : memberNamed(fleet, name);
    const request = {
      key,
      now: clock.now(),
      signal: AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(15_000)]),
    };
    return json(context, await explain(fleet, { ...request, ...(consumer && { consumer }) }));
  });

  app.get('/services/:namespace/:name/timeline', async (context) => {
    const key = keyInPath(context, await scopeFor(context, context.req.param('namespace')));
    return json(context, await timelineOf(fleet, key, writes, context.req.raw.signal));
  });

  app.get('/members/:member', async (context) => {
    const scope = await scopeOf(context);
    const member = memberNamed(fleet, context.req.param('member'));
    const [summary] = await memberSummaries(sources, scope, context.req.raw.signal, [member]);
    if (!summary) throw unknown('member');
    if (!scope.all) return json(context, { revision: feed.revision, ...summary });
    return json(context, { revision: feed.revision, ...(await memberDetail(fleet, member, summary, permissions)) });
  });

  app.get('/members/:member/namespaces', async (context) => {
    const member = memberNamed(fleet, context.req.param('member'));
    return json(context, await namespaceChoices(member, context.get('session').account));
  });

  app.get('/members/:member/services', async (context) => {
    const namespace = context.req.query('namespace') ?? '';
    if (namespace === '') throw invalid('namespace', namespace, 'a namespace');
    const member = memberNamed(fleet, context.req.param('member'));
    const scope = await scopeFor(context, namespace);
    if (!scope.sees(namespace)) throw unknown('namespace');
    return json(context, await serviceChoices(fleet, member, namespace, context.req.raw.signal));
  });
}

async function rightsOf(account: Account, namespace: string, write: boolean) {
  const ask = (verb: 'create' | 'delete', resource: 'serviceexports' | 'serviceimports') =>
    write ? account.may({ verb, resource, namespace }) : Promise.resolve(false);
  const [exporting, unexporting, importing, unimporting] = await Promise.all([
    ask('create', 'serviceexports'),
    ask('delete', 'serviceexports'),
    ask('create', 'serviceimports'),
    ask('delete', 'serviceimports'),
  ]);
  return { export: exporting, unexport: unexporting, import: importing, unimport: unimporting };
}
