/** Secrets of a kubeconfig appear in no error and no log line, whatever is wrong with it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fail } from '../../../../src/cli/exit.ts';
import { createKubeClient } from '../../../../src/kube/client/http-client.ts';
import { loadKubeconfig } from '../../../../src/kube/kubeconfig/kubeconfig.ts';
import { createLog } from '../../../../src/runtime/log.ts';

const CANARY = 'CANARY4f1d';

/** Each secret field of a user, so that every one of them is used by some kubeconfig. */
const USERS: readonly object[] = [
  { token: CANARY },
  { username: 'u', password: CANARY },
  { 'client-certificate-data': CANARY, 'client-key-data': Buffer.from(CANARY).toString('base64') },
  {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/bin/sh',
      args: ['-c', `echo ${CANARY}; exit 1`],
      env: [{ name: 'SECRET', value: CANARY }],
    },
  },
  {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/bin/echo',
      args: [`{"kind": "ExecCredential", "status": {"token": "${CANARY}"}}`],
    },
  },
];

function kubeconfig(user: object, server = `https://admin:${CANARY}@203.0.113.7`): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
    users: [{ name: 'u', user }],
    clusters: [{ name: 'k', cluster: { server } }],
  });
}

/** Everything that is shown of an error: on the command line, and in the log at debug. */
function shown(error: unknown): string {
  let output = '';
  const write = (text: string) => {
    output += text;
  };
  fail({ stderr: { write }, stderrColors: false, logLevel: 'debug' }, error);
  for (const format of ['json', 'text'] as const) {
    createLog({ level: 'debug', format, colors: false, destination: { write } }).error({ err: error }, 'failed');
  }
  return output;
}

/** What is shown when a kubeconfig is loaded and its credentials are used. */
async function outcome(text: string, trust: 'user' | 'stored'): Promise<string> {
  try {
    const { credentials } = await loadKubeconfig({ files: ['/k'], trust, readFile: async () => text });
    await credentials.certificate();
    return '';
  } catch (error) {
    return shown(error);
  }
}

it('a damaged kubeconfig', async () => {
  const texts = USERS.flatMap((user) => [kubeconfig(user), kubeconfig(user, 'https://203.0.113.7')]);
  const cut = fc.tuple(fc.constantFrom(...texts), fc.nat()).map(([text, at]) => text.slice(0, at % text.length));
  const changed = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.nat(),
      fc.constantFrom(':', '"', '\t', '[', '{', '- ', '\n', '&a ', '*a ', '|'),
    )
    .map(([text, at, piece]) => {
      const place = at % text.length;
      return text.slice(0, place) + piece + text.slice(place);
    });
  let failed = 0;
  await fc.assert(
    // No plugin is run: that of a stored kubeconfig is refused.
    fc.asyncProperty(fc.oneof(cut, changed), async (text) => {
      const output = await outcome(text, 'stored');
      if (output !== '') failed++;
      expect(output).not.toContain(CANARY);
    }),
    { numRuns: 500 },
  );
  expect(failed).toBeGreaterThan(100);
}, 60_000);

it.each(USERS)('a kubeconfig with %j', async (user) => {
  for (const server of [undefined, 'https://203.0.113.7']) {
    for (const trust of ['user', 'stored'] as const) {
      expect(await outcome(kubeconfig(user, server), trust)).not.toContain(CANARY);
    }
  }
});

it('a token that an API server rejects, with a Status that repeats the request', async () => {
  const server = createServer((request, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    const message = `not accepted: ${request.headers.authorization}`;
    response.end(JSON.stringify({ kind: 'Status', code: 401, reason: 'Unauthorized', message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (!address || typeof address === 'string') throw new Error('no port');
  const text = kubeconfig({ token: CANARY }, `http://127.0.0.1:${address.port}`);
  const access = await loadKubeconfig({ files: ['/k'], trust: 'user', readFile: async () => text });
  const client = createKubeClient({ cluster: 'c', access });
  const error: unknown = await client.raw('/version').catch((reason: unknown) => reason);
  expect(shown(error)).toContain('401');
  expect(shown(error)).not.toContain(CANARY);
  await client.close();
  server.close();
});
