/** Exported Services as users create them: a Service without selector, a slice of its endpoints, an export. */

import { expect } from 'vitest';
import type { Service, ServiceSpec } from '../../src/api/core.ts';
import type { EndpointPort, EndpointSlice } from '../../src/api/endpoint-slice.ts';
import type { JsonObject } from '../../src/api/json.ts';
import { MANAGER, SLICE_MANAGED_BY } from '../../src/api/labels.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../src/api/multicluster.ts';
import { RESOURCES } from '../../src/api/resources.ts';
import { service, serviceExport, slice } from '../support/clusters/manifests.ts';
import type { Cluster } from '../support/clusters/real-cluster.ts';
import { eventually } from '../support/clusters/shared-clusters.ts';

/** Fields in which an offer differs from the default. */
export interface Offer {
  readonly spec?: Partial<ServiceSpec>;
  /** Addresses of the slice; default: the cluster's {@link podAddress} 1. */
  readonly addresses?: readonly string[];
  /** Ports of the slice; default: those of the Service, plus 8000. */
  readonly ports?: readonly EndpointPort[];
  /** spec of the ServiceExport. */
  readonly export?: ServiceExport['spec'];
}

/** An IPv4 address in the cluster's pod CIDR that no simulated pod has. `n` is 1 to 254. */
export function podAddress({ plane }: Cluster, n: number): string {
  return `${plane.podCIDRs[0]?.split('.').slice(0, 2).join('.')}.9.${n}`;
}

/** The manifests of an offer, the export last. The slice is named after the Service, with the suffix `-a`. */
export function offer(cluster: Cluster, ns: string, name: string, options: Offer = {}): object[] {
  const { ports } = service(ns, name, options.spec).spec;
  const targets = ports?.map(
    ({ name: portName, port, protocol }): EndpointPort => ({
      ...(portName !== undefined && { name: portName }),
      port: port + 8000,
      protocol: protocol ?? 'TCP',
    }),
  );
  return [
    service(ns, name, options.spec),
    slice(ns, name, `${name}-a`, options.addresses ?? [podAddress(cluster, 1)], {
      ports: options.ports ?? targets ?? [],
    }),
    serviceExport(ns, name, options.export),
  ];
}

/** Creates objects concurrently, which is faster than kubectl. */
export async function createAll({ client }: Cluster, objects: readonly object[]): Promise<void> {
  await Promise.all(
    objects.map(async (object) => {
      const { apiVersion, kind, metadata } = object as KubeObject; // manifests are Kubernetes objects
      const resource = Object.values(RESOURCES).find((each) => each.kind === kind);
      if (!resource) throw new Error(`no resource for ${kind}`);
      const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
      await client.create({ ...resource, version }, metadata.namespace, object as JsonObject);
    }),
  );
}

/** Replaces the endpoints of an offer. */
export async function move(cluster: Cluster, ns: string, name: string, addresses: readonly string[]): Promise<void> {
  await cluster.client.patch(
    RESOURCES.endpointSlices,
    { namespace: ns, name: `${name}-a` },
    { endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })) },
  );
}

/** Deletes the exports and imports of a namespace, and waits until no derived object is left. */
export async function clear(clusters: readonly Cluster[], ns: string): Promise<void> {
  const all = { namespace: ns };
  await Promise.all(
    clusters.map(({ client }) =>
      Promise.all(
        [RESOURCES.serviceExports, RESOURCES.serviceImports].map(async (resource) => {
          const { items } = await client.list<ServiceExport | ServiceImport>(resource, all);
          await Promise.all(items.map(({ metadata: { name } }) => client.delete(resource, { ...all, name })));
        }),
      ),
    ),
  );
  await eventually(async () => {
    for (const { client } of clusters) {
      const labelSelector = `${SLICE_MANAGED_BY}=${MANAGER}`;
      expect((await client.list<ServiceImport>(RESOURCES.serviceImports, all)).items).toEqual([]);
      expect((await client.list<EndpointSlice>(RESOURCES.endpointSlices, { ...all, labelSelector })).items).toEqual([]);
      const services = await client.list<Service>(RESOURCES.services, {
        ...all,
        labelSelector: 'catamaran.dev/derived-from',
      });
      expect(services.items).toEqual([]);
    }
  });
}
