/** The routes that change something, and their previews. */
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import { serviceKey } from '../../../api/meta.ts';
import { type LiveRequests, liveRequestSchema } from '../changes/live-request.ts';
import { createPreviewSchema, exportSchema, importSchema, Sharing } from '../changes/share.ts';
import type { ConsoleOptions } from '../console-options.ts';
import { invalid, invalidBody } from '../problem.ts';
import { type ConsoleEnv, jsonBody } from './guards.ts';
import { flagIn } from './queries.ts';
import { json } from './read-routes.ts';

type Changing = Context<ConsoleEnv>;

async function bodyOf<S extends z.ZodType>(context: Changing, schema: S): Promise<z.infer<S>> {
  const body = schema.safeParse(await jsonBody(context));
  if (!body.success) throw invalidBody(body.error);
  return body.data;
}

export function addChangeRoutes(app: Hono<ConsoleEnv>, options: ConsoleOptions, requests: LiveRequests): void {
  const sharing = new Sharing(options);
  const asked = async (context: Changing, namespace: string) => {
    const { account } = context.get('session');
    await account.review([namespace]);
    // A write that has begun is finished, whether or not the page still waits for it.
    return { account, dryRun: flagIn(context, 'dryRun'), signal: AbortSignal.timeout(30_000) };
  };

  app.post('/preview', async (context) => {
    const body = await bodyOf(context, createPreviewSchema);
    return json(context, await sharing.preview(body, await asked(context, body.namespace)));
  });

  app.post('/exports', async (context) => {
    const body = await bodyOf(context, exportSchema);
    const result = await sharing.export(body, await asked(context, body.namespace));
    return json(context, result, result.done === 'created' ? 201 : 200);
  });

  app.post('/imports', async (context) => {
    const body = await bodyOf(context, importSchema);
    const result = await sharing.import(body, await asked(context, body.namespace));
    return json(context, result, result.done === 'created' ? 201 : 200);
  });

  app.delete('/exports/:namespace/:name', async (context) => {
    const { namespace, name } = context.req.param();
    const key = serviceKey(namespace, name);
    return json(context, await sharing.unexport(key, memberIn(context), await asked(context, namespace)));
  });

  app.delete('/imports/:namespace/:name', async (context) => {
    const { namespace, name } = context.req.param();
    const key = serviceKey(namespace, name);
    return json(context, await sharing.unimport(key, memberIn(context), await asked(context, namespace)));
  });

  app.post('/requests', async (context) => {
    const body = await bodyOf(context, liveRequestSchema);
    const { account } = context.get('session');
    await account.review([body.namespace, ...(body.fromNamespace === undefined ? [] : [body.fromNamespace])]);
    const lines = requests.start(body, account.scope, context.req.raw.signal);
    return context.body(lines, 200, { 'content-type': 'application/x-ndjson' });
  });
}

function memberIn(context: Changing): string {
  const member = context.req.query('member') ?? '';
  if (member === '') throw invalid('member', member, 'the name of a member');
  return member;
}
