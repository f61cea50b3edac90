/**
 * The DNS zone of a cluster: `cluster.local` and reverse lookups. Source: Kubernetes DNS-Based Service Discovery,
 * 1.1.0.
 */
import ipaddr from 'ipaddr.js';
import { canonicalAddress, familyOf } from '../workloads/address-ranges.ts';
import type { Service, SliceEndpoint, SlicePort } from '../workloads/kinds.ts';
import { answer, type DnsAnswer, type DnsRecord, isBelow, NXDOMAIN, type Question } from './dns.ts';
import type { ClusterView } from './view.ts';

const REVERSE = ['in-addr.arpa', 'ip6.arpa'] as const;

/** An endpoint of a headless Service, with its label below the Service's name. */
interface Host {
  readonly label: string;
  readonly address: string;
  readonly ports: readonly SlicePort[];
}

/** An address as a label, such as `10-1-0-5`. CoreDNS appends a 0 if the label would end in a dash. */
function dashed(address: string): string {
  const label = address.replace(/[.:]/g, '-');
  return label.endsWith('-') ? `${label}0` : label;
}

function isPublished({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false;
}

function hostsOf(view: ClusterView, { metadata }: Service): Host[] {
  const hosts: Host[] = [];
  for (const { endpoints, ports } of view.slicesOf(metadata.namespace ?? '', metadata.name)) {
    for (const endpoint of endpoints ?? []) {
      if (!isPublished(endpoint)) continue;
      for (const address of endpoint.addresses) {
        hosts.push({ label: endpoint.hostname ?? dashed(address), address, ports: ports ?? [] });
      }
    }
  }
  return hosts;
}

function addressType(address: string): 'A' | 'AAAA' {
  return familyOf(address) === 'IPv4' ? 'A' : 'AAAA';
}

function addressRecords(name: string, addresses: readonly string[], { type }: Question): DnsAnswer {
  const records = [...new Set(addresses)]
    .filter((address) => addressType(address) === type)
    .map((data): DnsRecord => ({ name, type: addressType(data), data }));
  return answer(records);
}

function isHeadless({ spec }: Service): boolean {
  return spec.clusterIP === 'None';
}

/** Answers queries for names of one cluster; undefined if the name belongs to no zone of the cluster. */
export function answerCluster(view: ClusterView, question: Question): DnsAnswer | undefined {
  const { domain } = view.settings;
  const { name } = question;
  for (const zone of REVERSE) if (isBelow(name, zone)) return answerReverse(view, question, zone);
  if (!isBelow(name, domain)) return undefined;
  if (name === domain) return answer([]);
  const labels = name.slice(0, -domain.length - 1).split('.');
  const kind = labels.pop();
  if (kind === 'pod') return answerPod(view, question, labels);
  if (kind !== 'svc') return NXDOMAIN;
  return answerService(view, question, labels);
}

/** `10-1-0-5.default.pod.cluster.local`, as with `pods insecure` of CoreDNS. */
function answerPod(view: ClusterView, question: Question, labels: readonly string[]): DnsAnswer {
  const [label = '', namespace, ...rest] = labels;
  if (namespace === undefined || rest.length > 0) return NXDOMAIN;
  if (!view.objects.get('/namespaces', undefined, namespace)) return NXDOMAIN;
  const address = canonicalAddress(label.replaceAll('-', '.')) ?? canonicalAddress(label.replaceAll('-', ':'));
  return address === undefined ? NXDOMAIN : addressRecords(question.name, [address], question);
}

function answerService(view: ClusterView, question: Question, labels: readonly string[]): DnsAnswer {
  const namespace = labels.at(-1);
  if (namespace === undefined) return answer([]);
  const serviceName = labels.at(-2);
  if (serviceName === undefined) {
    return view.objects.get('/namespaces', undefined, namespace) ? answer([]) : NXDOMAIN;
  }
  const service = view.objects.get('/services', namespace, serviceName);
  if (!service) return NXDOMAIN;
  const below = labels.slice(0, -2);
  if (service.spec.type === 'ExternalName') {
    const data = (service.spec.externalName ?? '').toLowerCase().replace(/\.$/, '');
    return below.length > 0 ? NXDOMAIN : answer([{ name: question.name, type: 'CNAME', data }]);
  }
  if (isHeadless(service)) return answerHeadless(question, below, hostsOf(view, service), view, service);
  const addresses = service.spec.clusterIPs ?? [];
  if (below.length === 0) {
    if (question.type === 'SRV') return answerPorts(question, service, () => true, view);
    return addressRecords(question.name, addresses, question);
  }
  const [port, protocol, ...rest] = below;
  if (rest.length > 0 || !port?.startsWith('_') || !protocol?.startsWith('_')) return NXDOMAIN;
  const found = answerPorts(question, service, isPort(port, protocol), view);
  return found.records.length > 0 || question.type !== 'SRV' ? found : NXDOMAIN;
}

function isPort(label: string, protocolLabel: string) {
  return ({ name = '', protocol = 'TCP' }: { readonly name?: string; readonly protocol?: string }) =>
    `_${name.toLowerCase()}` === label && `_${protocol.toLowerCase()}` === protocolLabel;
}

type PortFilter = ReturnType<typeof isPort>;

function answerPorts(question: Question, service: Service, isWanted: PortFilter, view: ClusterView): DnsAnswer {
  if (question.type !== 'SRV') return answer([]);
  const { name, namespace } = service.metadata;
  const target = `${name}.${namespace}.svc.${view.settings.domain}`;
  const ports = (service.spec.ports ?? []).filter(isWanted);
  return answer(ports.map(({ port }) => ({ name: question.name, type: 'SRV', data: `0 100 ${port} ${target}` })));
}

function answerHeadless(
  question: Question,
  below: readonly string[],
  hosts: readonly Host[],
  view: ClusterView,
  { metadata }: Service,
): DnsAnswer {
  if (hosts.length === 0) return NXDOMAIN;
  const base = `${metadata.name}.${metadata.namespace}.svc.${view.settings.domain}`;
  const services = (isWanted: PortFilter): DnsAnswer =>
    answer(
      hosts.flatMap(({ label, ports }) =>
        ports.filter(isWanted).map(
          ({ port }): DnsRecord => ({
            name: question.name,
            type: 'SRV',
            data: `0 ${Math.floor(100 / hosts.length)} ${port} ${label}.${base}`,
          }),
        ),
      ),
    );
  const [first, second, ...rest] = below;
  if (first === undefined) {
    if (question.type === 'SRV') return services(() => true);
    return addressRecords(
      question.name,
      hosts.map(({ address }) => address),
      question,
    );
  }
  if (first.startsWith('_') && second?.startsWith('_') && rest.length === 0) {
    const found = services(isPort(first, second));
    return found.records.length === 0 ? NXDOMAIN : question.type === 'SRV' ? found : answer([]);
  }
  const own = hosts.filter(({ label }) => label.toLowerCase() === first);
  if (second !== undefined || own.length === 0) return NXDOMAIN;
  return addressRecords(
    question.name,
    own.map(({ address }) => address),
    question,
  );
}

/** The address encoded in a name below in-addr.arpa or ip6.arpa. */
function reversed(name: string, zone: (typeof REVERSE)[number]): string | undefined {
  const parts = name
    .slice(0, -zone.length - 1)
    .split('.')
    .reverse();
  if (zone === 'in-addr.arpa') return parts.length === 4 ? canonicalAddress(parts.join('.')) : undefined;
  if (parts.length !== 32) return undefined;
  return canonicalAddress((parts.join('').match(/.{4}/g) ?? []).join(':'));
}

function answerReverse(view: ClusterView, question: Question, zone: (typeof REVERSE)[number]): DnsAnswer {
  const address = reversed(question.name, zone);
  if (address === undefined || !ipaddr.isValid(address)) return NXDOMAIN;
  const { domain } = view.settings;
  const base = ({ metadata }: Service) => `${metadata.name}.${metadata.namespace}.svc.${domain}`;
  const service = view.serviceAt(address);
  const names = service
    ? [base(service)]
    : view.objects
        .list('/services')
        .filter(isHeadless)
        .flatMap((headless) =>
          hostsOf(view, headless)
            .filter((host) => host.address === address)
            .map(({ label }) => `${label}.${base(headless)}`),
        );
  if (names.length === 0) return NXDOMAIN;
  if (question.type !== 'PTR') return answer([]);
  return answer([...new Set(names)].map((data) => ({ name: question.name, type: 'PTR', data })));
}
