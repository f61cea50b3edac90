/** Users of the console in a hub: ServiceAccounts, whose requests a pod sends to its Service. */
import { z } from 'zod';
import type { Cluster, Terminal } from './lab.ts';
import { client } from './manifests.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A user who has signed in. */
export interface ConsoleUser {
  get(path: string): Promise<Answer>;
  post(path: string, body: object): Promise<Answer>;
  delete(path: string): Promise<Answer>;
}

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** A pod in which curl sends requests to the console at `url`. */
export async function openBrowserPod(cluster: Cluster, namespace: string, url: string) {
  await cluster.apply(client(namespace, 'browser'));
  await cluster.kubectl('-n', namespace, 'wait', '--for=condition=Ready', '--timeout=120s', 'pod/browser');
  const pod = cluster.pod('browser', namespace);
  return {
    /** The page that a browser loads. */
    page: (): Promise<string> => pod.sh(`curl --silent --show-error --fail --max-time 30 ${url}/`),
    anonymous: (path: string): Promise<Answer> => send(pod, `${url}/api/v1${path}`, {}),
    async signedIn(token: string): Promise<ConsoleUser> {
      const authorization = `Bearer ${token}`;
      const request = (path: string, { headers, ...options }: Request = {}): Promise<Answer> =>
        send(pod, `${url}/api/v1${path}`, { ...options, headers: { authorization, ...headers } });
      const { csrf } = z.object({ csrf: z.string() }).parse((await request('/session')).body);
      const headers = { 'x-catamaran-csrf': csrf };
      return {
        get: (path) => request(path),
        post: (path, body) => request(path, { method: 'POST', headers, body }),
        delete: (path) => request(path, { method: 'DELETE', headers }),
      };
    },
  };
}

/** Options are in a file for curl, so that the token is in no command line. */
async function send(pod: Terminal, url: string, { method = 'GET', headers = {}, body }: Request): Promise<Answer> {
  const lines = [
    ['url', url],
    ['request', method],
    ['write-out', '\n%{http_code}'],
    ...Object.entries(headers).map(([name, value]) => ['header', `${name}: ${value}`]),
    ...(body ? [['header', 'content-type: application/json'] as const, ['data', JSON.stringify(body)] as const] : []),
  ];
  const input = lines.map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`).join('');
  const printed = await pod.sh('curl --silent --show-error --max-time 30 --config -', { input });
  const end = printed.lastIndexOf('\n');
  const text = printed.slice(0, end);
  return { status: Number(printed.slice(end)), body: text === '' ? undefined : JSON.parse(text) };
}

/** A token of a new ServiceAccount, which may list, create and delete exports and imports in `scope`. */
export async function tokenOfUser(cluster: Cluster, home: string, name: string, scope?: string): Promise<string> {
  const kind = 'ServiceAccount';
  await cluster.apply({ apiVersion: 'v1', kind, metadata: { namespace: home, name } });
  if (scope !== undefined) {
    const metadata = { namespace: scope, name: 'console' };
    const resources = ['serviceexports', 'serviceimports'];
    const rules = [{ apiGroups: ['multicluster.x-k8s.io'], resources, verbs: ['list', 'create', 'delete'] }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'console' };
    await cluster.apply(
      { apiVersion: RBAC, kind: 'Role', metadata, rules },
      { apiVersion: RBAC, kind: 'RoleBinding', metadata, roleRef, subjects: [{ kind, namespace: home, name }] },
    );
  }
  return (await cluster.kubectl('-n', home, 'create', 'token', name)).trim();
}
