/** Ports of Services and of imports: their union and identity. KEP-1645, "Service Port". */
import type { Protocol, ServicePort } from '../../api/core.ts';

/** A port with its defaults: an absent name is empty, an absent protocol is TCP. */
export interface Port {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly appProtocol?: string;
}

/** Applies the defaults. */
export function portsOf(ports: readonly ServicePort[] | undefined): readonly Port[] {
  return (ports ?? []).map(({ name, protocol, port, appProtocol }) => ({
    name: name ?? '',
    protocol: protocol ?? 'TCP',
    port,
    ...(appProtocol !== undefined && { appProtocol }),
  }));
}

/** The ports, with the application protocol of the first one of `offered` with that number if they have none. */
export function withAppProtocols(ports: readonly Port[], offered: readonly Port[]): readonly Port[] {
  const first = new Map(offered.toReversed().map((port) => [portKey(port), port.appProtocol]));
  return ports.map((port) => {
    const appProtocol = port.appProtocol ?? first.get(portKey(port));
    return appProtocol === undefined ? port : { ...port, appProtocol };
  });
}

/** Identifies a port for clients, regardless of its name: `80/TCP`. */
export function portKey(port: Pick<Port, 'protocol' | 'port'>): string {
  return `${port.port}/${port.protocol}`;
}

/** For messages: `http 80/TCP`. */
export function showPort(port: Port): string {
  const app = port.appProtocol === undefined ? '' : ` (${port.appProtocol})`;
  return `${port.name === '' ? '' : `${port.name} `}${portKey(port)}${app}`;
}

/** The order of ports in objects, independent of the input. */
export function byNumber(a: Port, b: Port): number {
  return a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0);
}

/** For messages, independent of the order of the input. */
export function showPorts(ports: readonly Port[]): string {
  return ports.length === 0 ? 'no ports' : ports.toSorted(byNumber).map(showPort).join(', ');
}

/** A name of protocol and number, such as `tcp-80`, that is not taken. It is added to those that are. */
function inventName({ protocol, port }: Port, taken: Set<string>): string {
  const base = `${protocol.toLowerCase()}-${port}`;
  let name = base;
  for (let again = 2; taken.has(name); again++) name = `${base}-${again}`;
  taken.add(name);
  return name;
}

/**
 * Names every unnamed port if there are several: the API requires it, and kube-proxy matches the ports of Service and
 * slice by name.
 */
export function named(ports: readonly Port[]): readonly Port[] {
  if (ports.length < 2) return ports;
  const taken = new Set(ports.map((port) => port.name));
  return ports.map((port) => (port.name === '' ? { ...port, name: inventName(port, taken) } : port));
}

/**
 * The ports with the names under which they are served, since clients know them: a port may lose the exporter that named
 * it. The same array if all names agree. Another port that has such a name gets one that is not taken.
 */
export function keepingNames(ports: readonly Port[], served: readonly Port[]): readonly Port[] {
  const names = new Map(served.filter(({ name }) => name !== '').map((port) => [portKey(port), port.name]));
  if (ports.every((port) => (names.get(portKey(port)) ?? port.name) === port.name)) return ports;
  const kept = new Set(ports.flatMap((port) => names.get(portKey(port)) ?? []));
  const taken = new Set([...kept, ...ports.map(({ name }) => name)]);
  return ports.map((port) => {
    const name = names.get(portKey(port)) ?? (kept.has(port.name) ? inventName(port, taken) : port.name);
    return { ...port, name };
  });
}

/**
 * The union of the exporters' ports, starting with the oldest exporter. A port with the (protocol, port) of an earlier
 * one is merged into it, with the earlier name; a port with the name of an earlier one but another number is omitted.
 */
export function unionOfPorts(exporters: readonly (readonly Port[])[]): readonly Port[] {
  const names = new Set<string>();
  const union = new Map<string, Port>();
  for (const port of exporters.flat()) {
    const key = portKey(port);
    if (union.has(key) || names.has(port.name)) continue;
    union.set(key, port);
    names.add(port.name);
  }
  return named([...union.values()].toSorted(byNumber));
}
