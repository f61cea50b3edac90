/** What an API server supports, as it shows when it is asked: tests run on several versions of Kubernetes. */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { ControlPlane } from '../../../tools/controlplane/index.ts';

export interface Features {
  readonly watchList: boolean;
  /** Whether `spec.trafficDistribution` of a Service is kept. */
  readonly trafficDistribution: boolean;
  /** Whether ValidatingAdmissionPolicies are served in version v1. */
  readonly admissionPolicies: boolean;
}

export async function featuresOf({ server, caFile, token }: ControlPlane): Promise<Features> {
  const dispatcher = new Agent({ connect: { ca: await readFile(caFile, 'utf8') } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (path: string, post?: object) => {
    const sent = post ? { method: 'POST' as const, body: JSON.stringify(post) } : {};
    const { statusCode, body } = await request(`${server}${path}`, { dispatcher, headers, ...sent });
    return { status: statusCode, text: await body.text() };
  };
  try {
    const watch = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const [streamed, created, policies] = await Promise.all([
      ask(`/api/v1/namespaces?${watch}&timeoutSeconds=1`),
      ask('/api/v1/namespaces/default/services?dryRun=All', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'close' },
        spec: { ports: [{ port: 80 }], trafficDistribution: 'PreferClose' },
      }),
      ask('/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies'),
    ]);
    return {
      watchList: streamed.text.includes('initial-events-end'),
      trafficDistribution: created.text.includes('"trafficDistribution":"PreferClose"'),
      admissionPolicies: policies.status === 200,
    };
  } finally {
    await dispatcher.destroy();
  }
}
