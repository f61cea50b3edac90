import { describe, expect, it } from 'vitest';
import { RESOURCES } from '../../../../src/api/resources.ts';
import { NotSentError } from '../../../../src/kube/client/api-errors.ts';
import { createKubeClient } from '../../../../src/kube/client/http-client.ts';
import type { Transport } from '../../../../src/kube/client/transport.ts';
import { staticCredentials } from '../../../../src/kube/kubeconfig/credentials.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { wholeBody } from '../../../support/memory-body.ts';

const BUSY = {
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason: 'TooManyRequests',
  message: 'later',
  code: 429,
};

/** An overloaded in-process server. */
function busyServer() {
  const sent: string[] = [];
  const transport: Transport = {
    send: async (_, { method, path }) => {
      sent.push(`${method} ${path}`);
      const headers = { 'content-type': 'application/json', 'retry-after': '0' };
      return { statusCode: 429, headers, body: wholeBody(JSON.stringify(BUSY)) };
    },
    close: async () => {},
  };
  const client = createKubeClient({
    cluster: 'east',
    access: { server: 'https://east', tls: {}, credentials: staticCredentials({ token: 't' }), source: 'test' },
    clock: systemClock,
    transport,
  });
  return { client, sent };
}

describe('a request that its caller may withdraw', () => {
  const lease = { namespace: 'kube-system', name: 'catamaran' };

  it('is retried only while it is wanted', async () => {
    const { client, sent } = busyServer();
    const answers = [true, true, false];
    const maySend = () => answers.shift() ?? false;
    await expect(client.patch(RESOURCES.leases, lease, {}, { maySend })).rejects.toThrow(NotSentError);
    expect(sent).toHaveLength(2);
  });

  it('is not sent if it is no longer wanted when a slot is free', async () => {
    const { client, sent } = busyServer();
    await expect(client.create(RESOURCES.leases, 'ns', {}, { maySend: () => false })).rejects.toThrow(NotSentError);
    expect(sent).toEqual([]);
  });

  it('is retried a few times by default', async () => {
    const { client, sent } = busyServer();
    await expect(client.get(RESOURCES.leases, lease)).rejects.toMatchObject({ status: 429 });
    expect(sent).toHaveLength(5);
  });
});

/** A server that responds to nothing, except to vital requests. */
function stuckServer() {
  const transport: Transport = {
    send: async (use, { signal }) => {
      if (use !== 'vital') {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
      }
      return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: wholeBody('{"major":"1"}') };
    },
    close: async () => {},
  };
  return createKubeClient({
    cluster: 'east',
    access: { server: 'https://east', tls: {}, credentials: staticCredentials({ token: 't' }), source: 'test' },
    transport,
  });
}

it('a vital request waits neither for a slot nor for a connection of other requests', async () => {
  const client = stuckServer();
  const stop = new AbortController();
  const others = Array.from({ length: 5_000 }, () =>
    client.get(RESOURCES.services, { namespace: 'ns', name: 'web' }, { signal: stop.signal }).catch(() => {}),
  );
  await expect(client.raw('/version', { vital: true })).resolves.toEqual({ major: '1' });
  stop.abort(new Error('over'));
  await Promise.all(others);
});
