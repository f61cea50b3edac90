/** What connections to a derived Service reach, as kube-proxy matches ports by name, and DNS names of headless ones. */
import type { Service } from '../../../src/api/core.ts';
import type { EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import { SERVICE_NAME, SOURCE_CLUSTER } from '../../../src/api/labels.ts';
import type { MemberModel } from './fleet-model.ts';

function* virtualRoutes(service: Service, slice: EndpointSlice): Generator<string> {
  for (const { name, protocol, port } of service.spec.ports ?? []) {
    for (const target of slice.ports ?? []) {
      if ((target.name ?? '') !== (name ?? '') || (target.protocol ?? 'TCP') !== (protocol ?? 'TCP')) continue;
      for (const { addresses, conditions } of slice.endpoints) {
        if (conditions?.ready === false) continue;
        for (const address of addresses) yield `${port}/${protocol ?? 'TCP'} -> ${address}:${target.port}`;
      }
    }
  }
}

function* headlessRoutes(slice: EndpointSlice): Generator<string> {
  for (const { addresses, conditions, hostname } of slice.endpoints) {
    if (conditions?.ready !== false) for (const address of addresses) yield `${hostname ?? ''} -> ${address}`;
  }
}

/** Routes through the derived Service of a member to the endpoints of a source, sorted. */
export function routesTo(
  source: string,
  { derivedService, derivedSlices, derivedName }: MemberModel,
): readonly string[] {
  const families = derivedService?.spec.ipFamilies ?? [];
  const slices = derivedSlices.filter(
    ({ metadata: { labels }, addressType }) =>
      labels?.[SERVICE_NAME] === derivedName &&
      labels[SOURCE_CLUSTER] === source &&
      families.some((family) => family === addressType),
  );
  if (!derivedService) return [];
  const headless = derivedService.spec.clusterIP === 'None';
  const routes = slices.flatMap((slice) => [
    ...(headless ? headlessRoutes(slice) : virtualRoutes(derivedService, slice)),
  ]);
  return [...new Set(routes)].toSorted();
}
