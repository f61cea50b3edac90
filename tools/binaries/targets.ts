/** The binaries of a version of Kubernetes, and the Go modules that they are built from. */
import type { BinaryName } from '../controlplane/binaries.ts';
import { type BinaryVersion, DEFAULT_VERSION, isVersion, KUBERNETES_VERSIONS } from '../controlplane/versions.ts';

export interface Target {
  readonly name: BinaryName;
  /** Directory of the Go module, relative to `tools/`. */
  readonly module: string;
  readonly package: string;
  /** Only for the lab; built with `--lab`. */
  readonly lab?: true;
  /** Whether the module is one of k8s.io/kubernetes, whose version is linked into the binary. */
  readonly kubernetes?: true;
  /** For a module older than the Go that builds it. */
  readonly old?: true;
  /** Build tags, separated by commas. */
  readonly tags?: string;
}

/** Without versions of their own; in the folder of the default version. */
const OTHERS: readonly Target[] = [
  { name: 'kwok', module: 'pins/kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
  { name: 'coredns', module: 'pins/coredns', package: '.' },
  { name: 'helm', module: 'pins/helm', package: 'helm.sh/helm/v4/cmd/helm' },
  {
    name: 'promtool',
    module: 'pins/promtool',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    // Without service discovery, which is most of its dependencies.
    tags: 'remove_all_sd,enable_file_sd',
  },
  component('kubelet', 'pins/kubernetes', { lab: true }),
  component('kube-proxy', 'pins/kubernetes', { lab: true }),
  { name: 'pause', module: 'lab/images', package: './pause', lab: true },
  { name: 'web-demo', module: 'lab/images', package: './web-demo', lab: true },
];

/** The last minor version before Go 1.22, which restricted what packages may link to. */
const LAST_OLD = 29;

export function targetsOf(version: BinaryVersion): readonly Target[] {
  if (!isVersion(version)) return [component('kubectl', `pins/kubectl-${version}`, { old: true })];
  const { etcd, kubernetes, minor } = KUBERNETES_VERSIONS[version];
  const flags = minor <= LAST_OLD ? { old: true as const } : {};
  return [
    { name: 'etcd', module: etcd, package: 'go.etcd.io/etcd/server/v3' },
    component('kube-apiserver', kubernetes, flags),
    component('kube-controller-manager', kubernetes, flags),
    component('kube-scheduler', kubernetes, flags),
    component('kubectl', kubernetes, flags),
    ...(version === DEFAULT_VERSION ? OTHERS : []),
  ];
}

function component(name: BinaryName, module: string, flags: Pick<Target, 'lab' | 'old'>): Target {
  return { name, module, package: `k8s.io/kubernetes/cmd/${name}`, kubernetes: true, ...flags };
}
