/** The platforms: what shows each, and where it keeps changes to the cluster's DNS. The first row that matches wins. */
import type { DnsMode } from '../coredns/zone-state.ts';
import type { Observed } from './observed.ts';

/** Where a platform keeps a change. */
export type Way =
  /** The Corefile itself: nothing but an upgrade writes it, and that keeps server blocks. */
  | { readonly kind: 'corefile' }
  /** The ConfigMap `coredns-custom`, whose keys `*.server` the Corefile imports. */
  | { readonly kind: 'custom' }
  /** A list of zones in an object that an operator turns into a Corefile. */
  | { readonly kind: 'operator'; readonly operator: 'openshift' | 'ack' }
  /** `stubDomains` of kube-dns. */
  | { readonly kind: 'stubDomains' }
  /** The configuration of a tool outside the cluster, which would revert a change in it. */
  | { readonly kind: 'tool'; readonly instructions: (change: Snippets) => string };

/** What a user pastes into the configuration of a tool. */
export interface Snippets {
  readonly zone: string;
  /** Absent with `--mode coredns`. */
  readonly forward?: string;
  /** The server block. */
  readonly block: string;
  /** The whole Corefile with the block; absent if there is none to start from. */
  readonly corefile?: string;
}

export interface Platform {
  readonly name: string;
  /** Each that holds is named as evidence. */
  readonly signs: readonly Sign[];
  readonly way: Way;
  /** Modes that the platform's DNS can have. Default: both. */
  readonly modes?: readonly DnsMode[];
}

type Sign = (observed: Observed) => string | undefined;

const version =
  (pattern: RegExp): Sign =>
  (observed) =>
    pattern.test(observed.version) ? `Kubernetes ${observed.version}` : undefined;

const group =
  (name: string): Sign =>
  ({ groups }) =>
    groups.some((each) => each.startsWith(`${name}/`)) ? `API group ${name}` : undefined;

const nodeLabel =
  (label: string): Sign =>
  ({ nodes }) => {
    const node = nodes.find(({ labels }) => label in labels);
    return node && `label ${label} of Node ${node.name}`;
  };

const providerID =
  (prefix: string): Sign =>
  ({ nodes }) => {
    const node = nodes.find((each) => each.providerID.startsWith(prefix));
    return node && `providerID ${node.providerID} of Node ${node.name}`;
  };

const osImage =
  (pattern: RegExp): Sign =>
  ({ nodes }) => {
    const node = nodes.find((each) => pattern.test(each.osImage));
    return node && `${node.osImage} on Node ${node.name}`;
  };

const object =
  (title: string): Sign =>
  ({ objects }) =>
    objects.some((each) => each.title === title) ? title : undefined;

const objectLabel =
  (title: string, label: string, value?: string): Sign =>
  ({ objects }) => {
    const found = objects.find((each) => each.title === title)?.metadata.labels?.[label];
    return found !== undefined && (value === undefined || found === value)
      ? `label ${label}: ${found} of ${title}`
      : undefined;
  };

const both =
  (one: Sign, other: Sign): Sign =>
  (observed) => {
    const [first, second] = [one(observed), other(observed)];
    return first !== undefined && second !== undefined ? `${first}, ${second}` : undefined;
  };

const without =
  (title: string): Sign =>
  ({ objects }) =>
    objects.some((each) => each.title === title) ? undefined : `no ${title}`;

const managedByEks: Sign = ({ objects }) =>
  objects.find(({ title }) => title === COREDNS)?.metadata.managedFields?.some(({ manager }) => manager === 'eks')
    ? `field manager eks of ${COREDNS}`
    : undefined;

const importsCustom: Sign = ({ corefile = '' }) =>
  /^\s*import\s+\S*custom\/\*\.server\s*$/m.exec(corefile)?.[0].trim().concat(' in the Corefile');

const COREDNS = 'ConfigMap kube-system/coredns';
const indented = (text: string, by: number) => text.trimEnd().replace(/^(?=.)/gm, ' '.repeat(by));

export const PLATFORMS: readonly Platform[] = [
  {
    name: 'OpenShift',
    signs: [group('operator.openshift.io')],
    way: { kind: 'operator', operator: 'openshift' },
    modes: ['stub'],
  },
  {
    name: 'RKE2',
    signs: [version(/\+rke2/), object('ConfigMap kube-system/rke2-coredns-rke2-coredns')],
    way: { kind: 'tool', instructions: helmChartConfig },
  },
  {
    name: 'k3s',
    signs: [version(/\+k3s/), objectLabel(COREDNS, 'objectset.rio.cattle.io/hash')],
    way: { kind: 'custom' },
  },
  {
    name: 'AKS',
    signs: [nodeLabel('kubernetes.azure.com/cluster'), providerID('azure://')],
    way: { kind: 'custom' },
  },
  {
    name: 'EKS with the CoreDNS add-on',
    signs: [managedByEks],
    way: { kind: 'tool', instructions: eksAddon },
  },
  {
    name: 'EKS with self-managed CoreDNS',
    signs: [version(/-eks-/), nodeLabel('eks.amazonaws.com/nodegroup')],
    way: { kind: 'corefile' },
  },
  {
    name: 'GKE with kube-dns',
    signs: [both(version(/-gke\./), object('ConfigMap kube-system/kube-dns'))],
    way: { kind: 'stubDomains' },
    modes: ['stub'],
  },
  {
    name: 'GKE with Cloud DNS',
    signs: [both(version(/-gke\./), without('ConfigMap kube-system/kube-dns'))],
    way: { kind: 'tool', instructions: cloudDns },
    modes: ['stub'],
  },
  {
    name: 'ACK with managed CoreDNS',
    signs: [both(group('networking.alibabacloud.com'), without(COREDNS))],
    way: { kind: 'operator', operator: 'ack' },
    modes: ['stub'],
  },
  {
    name: 'ACK',
    signs: [version(/-aliyun/), nodeLabel('alibabacloud.com/nodepool-id')],
    way: { kind: 'corefile' },
  },
  {
    name: 'DigitalOcean Kubernetes',
    signs: [nodeLabel('doks.digitalocean.com/node-id'), providerID('digitalocean://')],
    way: { kind: 'custom' },
  },
  {
    name: 'kops',
    signs: [nodeLabel('kops.k8s.io/instancegroup'), objectLabel(COREDNS, 'addon.kops.k8s.io/name')],
    way: { kind: 'tool', instructions: kops },
  },
  {
    name: 'kubespray',
    signs: [
      both(
        objectLabel(COREDNS, 'addonmanager.kubernetes.io/mode', 'EnsureExists'),
        object('ConfigMap kube-system/kubeadm-config'),
      ),
      object('DaemonSet kube-system/nodelocaldns'),
    ],
    way: { kind: 'tool', instructions: kubespray },
  },
  { name: 'CoreDNS with coredns-custom', signs: [importsCustom], way: { kind: 'custom' } },
  { name: 'Talos', signs: [osImage(/^Talos/)], way: { kind: 'corefile' } },
  { name: 'minikube', signs: [nodeLabel('minikube.k8s.io/name')], way: { kind: 'corefile' } },
  { name: 'kind', signs: [providerID('kind://')], way: { kind: 'corefile' } },
  {
    name: 'kubeadm',
    signs: [object('ConfigMap kube-system/kubeadm-config')],
    way: { kind: 'corefile' },
  },
];

/** The plain way. */
export const UNKNOWN: Platform = { name: 'unknown', signs: [], way: { kind: 'corefile' } };

function helmChartConfig({ zone, forward }: Snippets): string {
  const serving =
    forward !== undefined
      ? [{ name: 'forward', parameters: `. ${forward}` }]
      : [{ name: 'kubernetes', parameters: zone, configBlock: `multicluster ${zone}` }];
  const plugins = [{ name: 'errors' }, { name: 'cache', parameters: '5' }, { name: 'loadbalance' }, ...serving];
  const entries = plugins.map(({ name, ...rest }) =>
    [`- name: ${name}`, ...Object.entries(rest).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)].join('\n'),
  );
  return `RKE2 writes the Corefile from the values of its chart. Save the values of the chart with
  kubectl -n kube-system get configmap chart-values-rke2-coredns -o yaml 2>/dev/null; helm -n kube-system get values rke2-coredns --all
and apply them as a HelmChartConfig with one more entry in servers:

apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata:
  name: rke2-coredns
  namespace: kube-system
spec:
  valuesContent: |-
    servers:
      # ... the existing entries
      - zones:
          - zone: ${zone}.
        port: 53
        plugins:
${indented(entries.join('\n'), 10)}
`;
}

function eksAddon({ corefile, block }: Snippets): string {
  return `The add-on writes the Corefile from its configuration values. Keep the other values that you have set
(aws eks describe-addon --cluster-name CLUSTER --addon-name coredns), and run:

aws eks update-addon --cluster-name CLUSTER --addon-name coredns --resolve-conflicts PRESERVE --configuration-values \\
'${JSON.stringify({ corefile: corefile ?? block }).replaceAll("'", "'\\''")}'
`;
}

function cloudDns({ zone, forward }: Snippets): string {
  return `Cloud DNS answers the pods, outside the cluster. Make catamaran dns reachable in the VPC, by a Service with
type: LoadBalancer and the annotation networking.gke.io/load-balancer-type: Internal, and forward the zone to it:

gcloud dns managed-zones create clusterset --description "clusterset zone" --dns-name ${zone}. --visibility private \\
  --networks NETWORK --private-forwarding-targets ${forward ?? 'ADDRESS'}
`;
}

function kops({ zone, forward, corefile, block }: Snippets): string {
  const stub =
    forward === undefined
      ? ''
      : `
With spec.kubeDNS.provider: KubeDNS, stubDomains is enough:

spec:
  kubeDNS:
    stubDomains:
      ${zone}: ["${forward}"]
`;
  return `kops writes the Corefile from the cluster spec. Run kops edit cluster, set the following, and run
kops update cluster --yes:

spec:
  kubeDNS:
    externalCoreFile: |
${indented(corefile ?? block, 6)}
${stub}`;
}

function kubespray({ zone, forward, block }: Snippets): string {
  if (forward === undefined)
    return `kubespray writes the Corefile from its variables, which have no setting for the multicluster option: use
--mode stub, or add this block with --force after each run of the playbook:

${block}`;
  return `kubespray writes the Corefile, and that of its cache on each node, from its variables. Set the following and run
cluster.yml --tags coredns,nodelocaldns:

coredns_external_zones: &zones
  - zones: [${zone}]
    nameservers: [${forward}]
    cache: 5
nodelocaldns_external_zones: *zones
`;
}
