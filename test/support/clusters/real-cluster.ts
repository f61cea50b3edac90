/** A real cluster in a test: kubectl for user actions, a client for setup and assertions. */
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../../src/api/json.ts';
import type { KubeObject } from '../../../src/api/meta.ts';
import type { KubeClient } from '../../../src/kube/client/client.ts';
import { createKubeClient } from '../../../src/kube/client/http-client.ts';
import { staticCredentials } from '../../../src/kube/kubeconfig/credentials.ts';
import { findBinary } from '../../../tools/controlplane/binaries.ts';
import { run } from '../../../tools/controlplane/component.ts';
import type { SharedControlPlane } from '../setup/control-planes.ts';

export interface Cluster {
  readonly name: string;
  readonly plane: SharedControlPlane;
  /** Writes as a user does. */
  readonly client: KubeClient;
  /** Runs kubectl against the cluster; returns stdout, or throws an Error with stderr. */
  kubectl(...args: string[]): Promise<string>;
  /** `kubectl apply -f -` */
  apply(...objects: readonly object[]): Promise<string>;
  /** `kubectl apply --server-side -f -`, of YAML documents of any size. */
  applyText(manifests: string): Promise<string>;
  /** `kubectl create -f -` */
  create(object: object): Promise<string>;
}

/** Admin access as Catamaran; `server` may be a proxy in front of the API server. */
export function adminClient(plane: SharedControlPlane, server: string = plane.server): KubeClient {
  return clientAs(undefined, plane, server);
}

function clientAs(fieldManager: string | undefined, plane: SharedControlPlane, server: string): KubeClient {
  return createKubeClient({
    cluster: plane.name,
    ...(fieldManager !== undefined && { fieldManager }),
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
    client: clientAs('kubectl', plane, plane.server),
    kubectl: (...args) => kubectl(args),
    apply: (...objects) => kubectl(['apply', '-f', '-'], manifest(objects)),
    applyText: (manifests) => kubectl(['apply', '--server-side', '-f', '-'], manifests),
    create: (object) => kubectl(['create', '-f', '-'], JSON.stringify(object)),
  };
}

/** Undefined if the object does not exist. */
export async function find<T extends KubeObject>(
  cluster: Cluster,
  resource: Parameters<KubeClient['get']>[0],
  namespace: string,
  name: string,
): Promise<T | undefined> {
  const { items } = await cluster.client.list<T>(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  return items[0];
}
