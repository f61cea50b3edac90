/** Requests to the server of the console. */
import type { ApiProblem, LiveRequest, LiveRequestLine, Session } from '../../../../src/server/console/api-types.ts';

const BASE = '/api/v1';

/** The server's answer to a failed request, or what prevented one. */
export class RequestError extends Error {
  readonly status: number;
  readonly problem: ApiProblem;

  constructor(status: number, problem: ApiProblem) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

/** The part of a URL that names a Service. */
export const servicePath = (namespace: string, name: string) =>
  `${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

async function problemOf(response: Response): Promise<ApiProblem> {
  const body: Partial<ApiProblem> | undefined = await response.json().catch(() => undefined);
  if (typeof body?.code === 'string' && typeof body.message === 'string') {
    return { ...body, code: body.code, message: body.message };
  }
  return { code: `HTTP ${response.status}`, message: response.statusText || `status ${response.status}` };
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`${BASE}/${path}`, { credentials: 'same-origin', ...init });
  if (!response.ok) throw new RequestError(response.status, await problemOf(response));
  return response;
}

/** The server's types are those of the program, so what it sends is not checked again. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, { ...(signal && { signal }), headers: { accept: 'application/json' } });
  return await response.json();
}

export async function change<T>(
  { csrf }: Pick<Session, 'csrf'>,
  method: 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<T> {
  const response = await send(path, {
    method,
    headers: { 'x-catamaran-csrf': csrf, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return response.status === 204 ? Object() : await response.json();
}

export async function signIn(token: string): Promise<Session> {
  const response = await send('session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return await response.json();
}

/** Sends a request from a pod, and yields the attempts. */
export async function* liveRequest(
  { csrf }: Pick<Session, 'csrf'>,
  request: LiveRequest,
  signal: AbortSignal,
): AsyncGenerator<LiveRequestLine> {
  const { body } = await send('requests', {
    method: 'POST',
    headers: { 'x-catamaran-csrf': csrf, 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  });
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? '';
    const lines = text.split('\n');
    text = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line !== '') yield JSON.parse(line);
    if (done) return;
  }
}
