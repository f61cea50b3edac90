/** Manifests of Services, exports, servers and clients. */

/** Returns its ENV_NAME and its pod, over HTTP on port 8080 and UDP on port 8081. */
export const WEB_DEMO =
  'acr-multiple-clusters-registry.cn-hangzhou.cr.aliyuncs.com/ack-multiple-clusters/web-demo:0.4.0';
export const NGINX = 'nginx:1.27-alpine';
/** Has curl, dig, bash and socat. */
export const NETSHOOT = 'nicolaka/netshoot:v0.15';

export interface Server {
  readonly namespace: string;
  readonly name: string;
  /** ENV_NAME, which it returns. */
  readonly env: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Name of the node that its pods run on. */
  readonly node?: string;
}

/** A Deployment of web-demo, with a readiness probe. */
export function webDemo({ namespace, name, env, replicas = 1, labels = { app: name }, node }: Server): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { server: name } },
      template: {
        metadata: { labels: { server: name, ...labels } },
        spec: {
          ...(node && { nodeSelector: { 'kubernetes.io/hostname': node } }),
          containers: [
            {
              name: 'web-demo',
              image: WEB_DEMO,
              env: [{ name: 'ENV_NAME', value: env }],
              ports: [
                { name: 'http', containerPort: 8080 },
                { name: 'echo', containerPort: 8081, protocol: 'UDP' },
              ],
              readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}

/** A pod with network tools that sleeps, and terminates immediately. */
export function client(namespace: string, name: string, node?: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name },
    spec: {
      ...(node && { nodeSelector: { 'kubernetes.io/hostname': node } }),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'client', image: NETSHOOT, command: ['sleep', 'infinity'] }],
    },
  };
}

export function service(namespace: string, name: string, spec: Readonly<Record<string, unknown>>): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec };
}

export function serviceExport(namespace: string, name: string): object {
  return { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata: { namespace, name } };
}

export function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
