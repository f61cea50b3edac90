/** The versions of Kubernetes that `make tools` can build, with the folders of `tools/pins` that they are built from. */

interface KubernetesVersion {
  /** Minor version of Kubernetes 1. */
  readonly minor: number;
  readonly etcd: string;
  /** kube-apiserver, kube-controller-manager, kube-scheduler and kubectl. */
  readonly kubernetes: string;
  /**
   * Whether the module lacks the generated OpenAPI definitions, which a build of Kubernetes generates first: up to 1.26.
   */
  readonly lacksOpenApi?: true;
}

/** Has its binaries in `.cache/bin`, and is what everything runs on by default; the others have a folder each. */
export const DEFAULT_VERSION = '1.34';

/** The oldest one that is supported, one from between, the default, and the newest. */
export const KUBERNETES_VERSIONS = {
  '1.22': { minor: 22, etcd: 'pins/etcd-3.5', kubernetes: 'pins/kubernetes-1.22', lacksOpenApi: true },
  '1.29': { minor: 29, etcd: 'pins/etcd-3.5', kubernetes: 'pins/kubernetes-1.29' },
  '1.34': { minor: 34, etcd: 'pins/etcd', kubernetes: 'pins/kubernetes' },
  '1.37': { minor: 37, etcd: 'pins/etcd', kubernetes: 'pins/kubernetes-1.37' },
} as const satisfies Readonly<Record<string, KubernetesVersion>>;

export type Version = keyof typeof KUBERNETES_VERSIONS;

/** The oldest kubectl that is tested; it is built on its own. */
export const OLDEST_KUBECTL = '1.28';

/** A version with a folder of its own, or the default. */
export type BinaryVersion = Version | typeof OLDEST_KUBECTL;

export const VERSIONS: readonly Version[] = Object.keys(KUBERNETES_VERSIONS).filter(isVersion);

export function isVersion(text: string): text is Version {
  return Object.hasOwn(KUBERNETES_VERSIONS, text);
}

/** @throws an Error that names what is available. */
export function parseVersion(text: string): Version {
  if (isVersion(text)) return text;
  throw new Error(`Kubernetes ${JSON.stringify(text)} is not pinned; available: ${VERSIONS.join(', ')}`);
}

/** The versions of the clusters, in turn: `KUBERNETES=1.22`, or `KUBERNETES=1.22,1.37` for a mixed fleet. */
export function versionsIn(environment: NodeJS.ProcessEnv): readonly Version[] {
  const text = environment.KUBERNETES;
  return text ? text.split(',').map((each) => parseVersion(each.trim())) : [DEFAULT_VERSION];
}
