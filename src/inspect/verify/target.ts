/** What `verify` requests from a consumer: the derived Service, and an endpoint of each exporter. */
import type { EndpointSlice } from '../../api/endpoint-slice.ts';
import { DERIVED_SERVICE, MCS_SERVICE_NAME, SOURCE_CLUSTER } from '../../api/labels.ts';
import { type ServiceKey, serviceKey } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';

/** A TCP port that a pod connects to. */
export interface Target {
  readonly namespace: string;
  readonly service: string;
  /** `derived`: the derived Service; `clusterset`: the name in the clusterset zone; `endpoint`: a pod of `exporter`. */
  readonly kind: 'derived' | 'clusterset' | 'endpoint';
  /** The member that the endpoint is in; absent for names, which reach any exporter. */
  readonly exporter?: string;
  /** A name or an IP address. */
  readonly host: string;
  readonly port: number;
  /** Whether to send an HTTP request; otherwise a connection is enough. */
  readonly http: boolean;
}

/** What to request. */
export interface TargetOptions {
  /** Default: every imported Service. */
  readonly keys: readonly ServiceKey[];
  /** Prefix of derived Services, for imports without the annotation that has their name. */
  readonly derivedPrefix: string;
  /** Present: names in this zone are called, too. */
  readonly zone?: string;
}

interface NamedPort {
  readonly name?: string;
  readonly protocol?: string;
  readonly appProtocol?: string;
  readonly port?: number;
}

const HTTP_PORTS: readonly (number | undefined)[] = [80, 8080];

/** By appProtocol and name, as a service mesh guesses it; TLS needs a name that clients trust. */
function isHttp({ name = '', appProtocol = '', port }: NamedPort): boolean {
  if (appProtocol !== '') return /^(kubernetes\.io\/)?(http|h2c|ws)$/.test(appProtocol);
  return name === 'http' || /^(http|web)-/.test(name) || HTTP_PORTS.includes(port);
}

function isTcp({ protocol = 'TCP' }: NamedPort): boolean {
  return protocol === 'TCP';
}

/** The first ready endpoint of each exporter, on the first TCP port of its slice. */
function endpointTargets(
  slices: readonly EndpointSlice[],
): ReadonlyMap<string, Pick<Target, 'host' | 'port' | 'http'>> {
  const found = new Map<string, Pick<Target, 'host' | 'port' | 'http'>>();
  for (const { metadata, endpoints, ports = [] } of slices) {
    const exporter = metadata.labels?.[SOURCE_CLUSTER] ?? '';
    const port = ports.find(isTcp);
    const host = endpoints.find(({ conditions }) => conditions?.ready !== false)?.addresses[0];
    if (found.has(exporter) || host === undefined || port?.port === undefined) continue;
    found.set(exporter, { host, port: port.port, http: isHttp(port) });
  }
  return found;
}

/** The targets of one consumer, by Service; a Service without a TCP port has none. */
export function targetsOf(
  imports: readonly ServiceImport[],
  slices: readonly EndpointSlice[],
  { keys, derivedPrefix, zone }: TargetOptions,
): readonly Target[] {
  const wanted = imports
    .map((imported) => ({ imported, key: serviceKey(imported.metadata.namespace ?? '', imported.metadata.name) }))
    .filter(({ key }) => keys.length === 0 || keys.includes(key))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return wanted.flatMap(({ imported }): Target[] => {
    const { namespace = '', name: service, annotations } = imported.metadata;
    const derived = annotations?.[DERIVED_SERVICE] ?? `${derivedPrefix}${service}`;
    const own = slices.filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[MCS_SERVICE_NAME] === service,
    );
    const names: readonly Pick<Target, 'kind' | 'host'>[] = [
      { kind: 'derived', host: `${derived}.${namespace}` },
      ...(zone === undefined ? [] : [{ kind: 'clusterset' as const, host: `${service}.${namespace}.svc.${zone}` }]),
    ];
    const called = (imported.spec.ports ?? [])
      .filter(isTcp)
      .flatMap((port) =>
        names.map((each): Target => ({ namespace, service, ...each, port: port.port, http: isHttp(port) })),
      );
    const pods = [...endpointTargets(own)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([exporter, each]): Target => ({ namespace, service, kind: 'endpoint', exporter, ...each }));
    return [...called, ...pods];
  });
}
