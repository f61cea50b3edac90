/** An in-process API server, with a manual clock and a seeded random source. */

import type { ApiRequest, ApiResponse } from '../../src/apiserver/http.ts';
import { type ApiServer, createApiServer } from '../../src/apiserver/server.ts';
import { settingsOf } from '../../src/cluster-ranges.ts';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import { isObject, parseJson } from '../../src/machinery/json.ts';
import { ManualClock } from '../../src/manual-clock.ts';
import { type RecordingLogger, recordingLogger } from './recording-logger.ts';
import { seeded } from './seeded.ts';

export const TOKEN = 'token';
export const SECRETS = '/api/v1/namespaces/default/secrets';

export interface LocalServer {
  readonly server: ApiServer;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  request(method: string, path: string, more?: Partial<ApiRequest>): Promise<ApiResponse>;
}

/** Creates a server with the namespace `default`. */
export function localServer(options: { seed?: number; history?: number } = {}): LocalServer {
  const settings = settingsOf(1);
  const clock = new ManualClock();
  const logger = recordingLogger();
  const server = createApiServer({
    settings,
    clock,
    random: seeded(options.seed ?? 1),
    logger,
    token: TOKEN,
    ...(options.history !== undefined && { history: options.history }),
  });
  server.api.create('/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  return {
    server,
    clock,
    logger,
    request: (method, path, more = {}) =>
      server.handle({ method, path, ...more, headers: { authorization: `Bearer ${TOKEN}`, ...more.headers } }),
  };
}

/** The JSON body of a response. */
export function bodyOf({ body }: ApiResponse): JsonObject {
  const value: Json = typeof body === 'string' ? parseJson(body) : null;
  if (!isObject(value)) throw new Error(`no object: ${String(body)}`);
  return value;
}

/** The events of a watch, until it ends or `enough` returns true. */
export async function eventsOf(
  { body }: ApiResponse,
  enough: (events: readonly JsonObject[]) => boolean = () => false,
): Promise<readonly JsonObject[]> {
  if (typeof body === 'string') throw new Error(`no watch: ${body}`);
  const events: JsonObject[] = [];
  for await (const text of body) {
    for (const line of text.split('\n')) {
      const event = line === '' ? null : parseJson(line);
      if (isObject(event)) events.push(event);
    }
    if (enough(events)) break;
  }
  return events;
}

/** A Secret in the namespace `default`. */
export function secret(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, ...more };
}
