/** Known images. Nothing is pulled, but images of web servers have their ports and files. */
import type { Container, Pod, Probe } from '../workloads/kinds.ts';

interface KnownImage {
  /** Last path component, without tag and digest. */
  readonly name: string;
  /** Ports that it listens on, even if the container does not declare them. */
  readonly ports: readonly number[];
  /** Document root. */
  readonly root?: string;
}

const KNOWN: readonly KnownImage[] = [
  { name: 'web-demo', ports: [8080] },
  { name: 'nginx', ports: [80], root: '/usr/share/nginx/html' },
  { name: 'httpd', ports: [80], root: '/usr/local/apache2/htdocs' },
  { name: 'json-mock', ports: [80] },
  { name: 'http-echo', ports: [5678] },
  { name: 'mysql', ports: [3306] },
];

/** The last path component of an image's name: `nginx` for `docker.io/library/nginx:1.27@sha256:…`. */
export function imageName(image: string): string {
  const [path = ''] = image.split('@');
  return (path.split('/').at(-1) ?? '').replace(/:.*$/, '');
}

function known({ image = '' }: Container): KnownImage | undefined {
  const name = imageName(image);
  return KNOWN.find((each) => each.name === name);
}

/** The document root of a container's image; undefined if unknown. */
export function webRoot(container: Container): string | undefined {
  return known(container)?.root;
}

/** The port of a probe. A container is assumed to listen on it. */
function probed(probe: Probe | undefined, named: ReadonlyMap<string, number>): number[] {
  const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
  const number = typeof port === 'string' ? named.get(port) : port;
  return number === undefined ? [] : [number];
}

/** TCP ports that a container listens on: declared ports, ports of probes, and known ports of its image. */
export function listeningPorts(container: Container): ReadonlySet<number> {
  const declared = (container.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP');
  const named = new Map(declared.map(({ name = '', containerPort }) => [name, containerPort]));
  const { livenessProbe, readinessProbe, startupProbe } = container;
  // A custom command replaces the image's server.
  const own = container.command ? [] : (known(container)?.ports ?? []);
  return new Set([
    ...declared.map(({ containerPort }) => containerPort),
    ...[livenessProbe, readinessProbe, startupProbe].flatMap((probe) => probed(probe, named)),
    ...own,
  ]);
}

/** The container that listens on a port of a pod. */
export function listener({ spec }: Pod, port: number): Container | undefined {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].find((container) => listeningPorts(container).has(port));
}
