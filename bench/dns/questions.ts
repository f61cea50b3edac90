/** Query files for dnsperf. */
import { domainOf, type Service, serviceOf, ZONE } from './objects.ts';

/** A list of queries that dnsperf repeats. */
export interface Load {
  readonly name: string;
  /** Printed in the notes. */
  readonly description: string;
  readonly lines: readonly string[];
}

/** Query types with their share in percent. Each one picks a suitable Service close to `service`. */
const MIX: readonly { readonly share: number; readonly line: (service: Service) => string }[] = [
  { share: 40, line: (service) => `${domainOf(withClusterSetIP(service))} A` },
  { share: 25, line: (service) => `${domainOf(headless(service))} A` },
  { share: 10, line: (service) => `_http._tcp.${domainOf(withHostnames(service))} SRV` },
  { share: 15, line: (service) => `${domainOf(withClusterSetIP(service))} AAAA` },
  { share: 10, line: ({ name, namespace }) => `${name}-gone.${namespace}.svc.${ZONE} A` },
];
const MIX_LINES = 20_000;
/** Coprime to the number of Services and of query types, for a reproducible spread without patterns. */
const [SERVICE_STEP, KIND_STEP] = [7_919, 37];

/** Queries of all types, over all Services. */
export function mixedLoad(services: number): Load {
  const kinds = MIX.flatMap(({ share, line }) => Array.from({ length: share }, () => line));
  const lines = Array.from({ length: MIX_LINES }, (_, i) => {
    const service = serviceOf((i * SERVICE_STEP) % services);
    return kinds[(i * KIND_STEP) % kinds.length]?.(service) ?? '';
  });
  const description = 'A with 1 and 10 addresses, SRV with 10 targets, AAAA with NODATA, NXDOMAIN; all Services';
  return { name: 'mix', description, lines };
}

/** The same query every time. */
export function singleLoad(): Load {
  // Repeated, so that dnsperf rarely has to rewind the file.
  const lines = Array.from({ length: 1_000 }, () => `${domainOf(serviceOf(0))} A`);
  return { name: 'single name', description: 'A of one Service with one address', lines };
}

function withClusterSetIP({ number }: Service): Service {
  return serviceOf(number & ~3);
}

function headless({ number }: Service): Service {
  return serviceOf((number & ~3) + 2);
}

function withHostnames({ number }: Service): Service {
  return serviceOf((number & ~3) + 3);
}
