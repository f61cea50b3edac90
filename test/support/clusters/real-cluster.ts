/** One real cluster as a test uses it: kubectl for what a user does, a client for setting things up and looking. */
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../../src/api/json.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { createKubeClient } from '../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../src/kube/kubeconfig/credentials.ts';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { run } from '../../../tools/controlplane/component.ts';
import type { SharedControlPlane } from '../setup/control-planes.ts';

/** A control plane with a client. */
export interface Cluster {
  readonly name: string;
  readonly plane: SharedControlPlane;
  readonly client: KubeClient;
  /** Runs kubectl against the cluster; gives what it prints, throws what it complains of. */
  kubectl(...args: string[]): Promise<string>;
  /** `kubectl apply -f -` of manifests. */
  apply(...objects: readonly object[]): Promise<string>;
  /** `kubectl create -f -` of one manifest. */
  create(object: object): Promise<string>;
}

/** Access as the cluster's admin; `server` may be that of a proxy in front of it. */
export function adminClient(plane: SharedControlPlane, server: string = plane.server): KubeClient {
  return createKubeClient({
    cluster: plane.name,
    access: {
      server,
      tls: { ca: readFileSync(plane.caFile, 'utf8') },
      credentials: staticCredentials({ token: plane.token }),
      source: 'test',
    },
  });
}

export function openCluster(plane: SharedControlPlane): Cluster {
  const kubectl = (args: readonly string[], input?: string) =>
    run(findBinary('kubectl'), ['--kubeconfig', plane.kubeconfig, ...args], input === undefined ? {} : { input });
  const manifest = (objects: readonly object[]) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects as readonly JsonObject[] });
  return {
    name: plane.name,
    plane,
    client: adminClient(plane),
    kubectl: (...args) => kubectl(args),
    apply: (...objects) => kubectl(['apply', '-f', '-'], manifest(objects)),
    create: (object) => kubectl(['create', '-f', '-'], JSON.stringify(object)),
  };
}

/** An object, or undefined where there is none. */
export async function find<T extends KubeObject>(
  cluster: Cluster,
  resource: Parameters<KubeClient['get']>[0],
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const { items } = await cluster.client.list<T>(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  return items[0];
}
