/**
 * An HTTP request sent from inside a cluster, with the exit codes and messages of curl. Source: curl(1), EXIT CODES.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Client } from './client.ts';
import type { Connected, Fabric } from './fabric.ts';
import type { HttpRequest, HttpResult } from './network.ts';

function failed(code: number, words: string): HttpResult {
  return { ok: false, code, message: `curl: (${code}) ${words}` };
}

function parse(url: string): URL | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  return URL.canParse(full) ? new URL(full) : undefined;
}

type Why = Extract<Connected, { readonly failure: unknown }>['failure'];

function whyNot(failure: Why, host: string, port: number): HttpResult {
  const to = `Failed to connect to ${host} port ${port} after 0 ms`;
  switch (failure) {
    case 'unknown':
      return failed(6, `Could not resolve host: ${host}`);
    case 'refused':
      return failed(7, `${to}: Couldn't connect to server`);
    case 'no route':
      return failed(7, `${to}: No route to host`);
    case 'timeout':
      // A real client would wait for two minutes.
      return failed(28, `${to}: Connection timed out`);
  }
}

/** Sends one request over the network. An HTTP error status is a successful result. */
export async function makeRequest(fabric: Fabric, client: Client, request: HttpRequest): Promise<HttpResult> {
  const url = parse(request.url);
  if (!url || url.hostname === '') return failed(3, 'URL rejected: Malformed input to a URL function');
  if (url.protocol !== 'http:') {
    return failed(1, `Protocol "${url.protocol.slice(0, -1)}" not supported: kubesim pods serve plain HTTP only`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 80 : Number(url.port);
  const connected = await fabric.connect(client, host, port);
  if ('failure' in connected) return whyNot(connected.failure, host, port);
  try {
    return await exchange(connected.stream, url, request);
  } catch {
    return failed(52, 'Empty reply from server');
  } finally {
    connected.stream.destroy();
  }
}

function exchange(stream: Duplex, url: URL, request: HttpRequest): Promise<HttpResult> {
  const { method = 'GET', headers, body } = request;
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = httpRequest(
      url,
      { method, headers: { 'user-agent': 'curl/8', accept: '*/*', ...headers }, createConnection: () => stream },
      (response) => read(response).then(resolve, reject),
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function read(response: IncomingMessage): Promise<HttpResult> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const { statusCode = 0, headers } = response;
  return { ok: true, status: statusCode, headers, body: Buffer.concat(chunks).toString('utf8') };
}
