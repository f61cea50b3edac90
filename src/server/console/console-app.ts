/** The console over a running fleet: its state, which the fleet notifies, and its routes. Needs no socket. */
import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { ServiceKey } from '../../api/meta.ts';
import type { MemberChange } from '../../fleet/member-cache.ts';
import { toError } from '../../runtime/thrown.ts';
import type { Session } from './api-types.ts';
import { LiveRequests } from './changes/live-request.ts';
import type { ConsoleOptions } from './console-options.ts';
import { ChangeFeed } from './feed/change-feed.ts';
import { eventStream } from './feed/event-stream.ts';
import { addChangeRoutes } from './http/change-routes.ts';
import {
  type ConsoleEnv,
  cookieName,
  forgeryGuard,
  hostGuard,
  jsonBody,
  originGuard,
  secured,
  sessionGuard,
} from './http/guards.ts';
import { addReadRoutes } from './http/read-routes.ts';
import { staticFiles } from './http/static-files.ts';
import { invalidBody, problemOf, RequestProblem, unknown } from './problem.ts';
import { LeaseReader } from './rows/lease-reader.ts';
import { membersOf } from './rows/member-summaries.ts';
import { ServiceRows } from './rows/service-rows.ts';
import { type OpenSession, SessionStore } from './sessions/session-store.ts';

/** Open pages, each with one connection. */
const MOST_STREAMS = 500;
const SESSION_SECONDS = 12 * 60 * 60;

const signInSchema = z.strictObject({ token: z.string().min(1) });

export interface Console {
  readonly app: Hono<ConsoleEnv>;
  /** Number of open pages. */
  readonly streams: number;
  changed(change: MemberChange): void;
  memberChanged(name: string): void;
  /** Sends messages to open pages until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createConsole(options: ConsoleOptions): Console {
  const { fleet, clock, pace, logger } = options;
  const rows = new ServiceRows(fleet, pace);
  const feed = new ChangeFeed({
    clock,
    changed: (key) => rows.changed(key),
    rows: (keys) => keys.flatMap((key) => rows.row(key)?.json ?? []),
    instance: randomBytes(6).toString('hex'),
  });
  const store = new SessionStore(options.accounts, clock);
  const leases = new LeaseReader(fleet, clock);
  const app = new Hono<ConsoleEnv>();
  const memberNames = (): string => JSON.stringify(membersOf(fleet).map(({ name }) => name));
  let members = memberNames();

  /** A member that joined or left changes every row that it is in. */
  const reviewMembers = (): void => {
    const names = memberNames();
    if (names === members) return;
    members = names;
    rows.clear();
    feed.noteAll();
  };

  app.onError((error, context) => {
    const problem = problemOf(error);
    if (!problem) logger.error({ err: error, path: context.req.path }, 'console: internal error');
    const { status, body } = problem ?? {
      status: 500 as const,
      body: { code: 'CTM_INTERNAL', message: 'internal error; see the log of the program' },
    };
    const login = status === 401 && { login: options.accounts.login };
    return secured(context.json({ ...body, ...login }, status));
  });
  app.use(async (context, next) => {
    await next();
    context.res = secured(context.res);
  });
  app.use(hostGuard(options.hosts));
  app.use('/api/*', originGuard(options.hosts));
  app.route('/api/v1', api());
  app.all('/api/*', () => {
    throw unknown('this path of the API');
  });
  const files = staticFiles(options.files);
  app.get('*', (context) => {
    const code = context.req.query('code');
    if (context.req.path === '/' && code !== undefined) return redeem(context, code);
    return files.respond(context.req.path, context.req.header('accept-encoding') ?? '');
  });

  /** Sign-in by the one-time address. The redirect removes the code from the address bar and the history. */
  function redeem(context: Context<ConsoleEnv>, code: string): Response {
    const id = store.redeem(code);
    if (id !== undefined) keepSession(context, id);
    // A session that exists still works; without one, the page explains what to do.
    return context.redirect(id === undefined ? '/?code-used' : '/', 303);
  }

  function keepSession(context: Context<ConsoleEnv>, id: string): void {
    setCookie(context, cookieName(context), id, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_SECONDS,
      // A proxy in front may end TLS.
      secure: context.req.header('x-forwarded-proto') === 'https',
    });
  }

  async function sessionOf({ account, csrf }: OpenSession): Promise<Session> {
    await account.review([]);
    const { name, clustersetDomain } = fleet.config;
    return {
      ...(account.user !== undefined && { user: account.user }),
      csrf,
      write: options.write,
      requests: options.requester ? { available: true } : { available: false, why: options.noRequester },
      writesFrom: options.writes ? 'controller' : 'events',
      allNamespaces: account.scope.all,
      clustersetDomain,
      ...(name !== undefined && { fleet: name }),
      version: options.version,
    };
  }

  function api(): Hono<ConsoleEnv> {
    const routes = new Hono<ConsoleEnv>();
    routes.post('/session', async (context) => {
      const body = signInSchema.safeParse(await jsonBody(context));
      if (!body.success) throw invalidBody(body.error);
      const id = await store.signIn(body.data.token);
      const session = id === undefined ? undefined : await store.ofCookie(id);
      if (id === undefined || !session) {
        throw new RequestProblem(401, 'CTM_CONSOLE_SESSION', 'the token is not valid, or has expired', 'token');
      }
      keepSession(context, id);
      return context.json(await sessionOf(session), 201);
    });
    routes.use(sessionGuard(store));
    routes.on(['POST', 'PUT', 'PATCH', 'DELETE'], '*', forgeryGuard);
    routes.get('/session', async (context) => context.json(await sessionOf(context.get('session'))));
    routes.delete('/session', (context) => {
      const { id } = context.get('session');
      if (id !== undefined) store.end(id);
      deleteCookie(context, cookieName(context), { path: '/' });
      return context.body(null, 204);
    });
    routes.get('/events', async (context) => {
      if (feed.size >= MOST_STREAMS) {
        throw new RequestProblem(503, 'CTM_CONSOLE_REFUSED', `${MOST_STREAMS} pages are open already`);
      }
      const session = context.get('session');
      const { account } = session;
      await account.review(new Set([...fleet.index.keys()].map((key) => key.slice(0, key.indexOf('/')))));
      const stream = eventStream({
        feed,
        scope: account.scope,
        lastId: context.req.header('last-event-id'),
        isValid: () => session.isValid(),
      });
      return context.body(stream, 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    });
    addReadRoutes(routes, options, { feed, rows, leases });
    addChangeRoutes(routes, options, new LiveRequests(fleet, options.requester, options.noRequester));
    return routes;
  }

  return {
    app,
    get streams() {
      return feed.size;
    },
    changed: (change) => {
      for (const key of keysOf(change)) feed.note(key);
    },
    memberChanged: (name) => feed.noteMember(name),
    run: async (signal) => {
      await feed.run(signal, reviewMembers).catch((error: unknown) => {
        logger.error({ err: toError(error) }, 'console: internal error');
      });
    },
  };
}

/** The Services whose rows a change may show in. Namespaces and other objects show in none. */
function keysOf(change: MemberChange): readonly ServiceKey[] {
  return change.side === 'source' || change.side === 'consumer' ? [change.key] : [];
}
