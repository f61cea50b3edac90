/** From what is observed of a cluster to its platform, and to the owner of an object. */
import type { ObjectMeta } from '../../api/meta.ts';
import type { Observed } from './observed.ts';
import { PLATFORMS, type Platform, UNKNOWN } from './platforms.ts';

export interface Detected {
  readonly platform: Platform;
  /** What shows it; empty if it is unknown. */
  readonly evidence: readonly string[];
  /** The ConfigMap of a DNS cache on each node, `NAMESPACE/NAME`, which pods ask instead of the cluster's DNS. */
  readonly nodeCache?: string;
}

export function detect(observed: Observed): Detected {
  const caches = ['node-local-dns', 'nodelocaldns'];
  const titles = new Set(observed.objects.map(({ title }) => title));
  const cache = caches.find((name) => titles.has(`DaemonSet kube-system/${name}`));
  const nodeCache =
    cache !== undefined && titles.has(`ConfigMap kube-system/${cache}`) ? { nodeCache: `kube-system/${cache}` } : {};
  for (const platform of PLATFORMS) {
    const evidence = platform.signs.flatMap((sign) => sign(observed) ?? []);
    if (evidence.length > 0) return { platform, evidence, ...nodeCache };
  }
  return { platform: UNKNOWN, evidence: [], ...nodeCache };
}

/** `platform: k3s (Kubernetes v1.34.1+k3s1)` */
export function detectedText({ platform, evidence, nodeCache }: Detected): string {
  const cache = nodeCache === undefined ? '' : `, with a DNS cache on each node (ConfigMap ${nodeCache})`;
  if (evidence.length > 0) return `${platform.name}${cache} (${evidence.join('; ')})`;
  return `unknown${cache} (no known label, version or object); using the Corefile, as with kubeadm`;
}

/** Labels and annotations by which tools mark what they write again; `%` is the value. */
const OWNER_MARKS: readonly (readonly [key: string, owner: string, value?: string])[] = [
  ['objectset.rio.cattle.io/owner-name', 'the k3s add-on %'],
  ['objectset.rio.cattle.io/hash', 'k3s'],
  ['addonmanager.kubernetes.io/mode', 'the add-on manager of the platform', 'Reconcile'],
  ['addon.kops.k8s.io/name', 'the kops add-on %'],
  ['meta.helm.sh/release-name', 'the Helm release %'],
  ['argocd.argoproj.io/tracking-id', 'Argo CD (%)'],
  ['kustomize.toolkit.fluxcd.io/name', 'the Flux Kustomization %'],
  ['helm.toolkit.fluxcd.io/name', 'the Flux HelmRelease %'],
  ['dns.operator.openshift.io/owning-dns', 'the DNS operator of OpenShift'],
];

/** Who writes an object again after another client has changed it; undefined if no mark shows one. */
export function ownerOf({
  ownerReferences = [],
  labels = {},
  annotations = {},
  managedFields = [],
}: ObjectMeta): string | undefined {
  const controller = ownerReferences.find((each) => each.controller === true);
  if (controller) return `${controller.kind} ${controller.name}`;
  for (const [key, owner, value] of OWNER_MARKS) {
    const found = labels[key] ?? annotations[key];
    if (found !== undefined && (value === undefined || found === value)) return owner.replace('%', found);
  }
  return managedFields.some(({ manager }) => manager === 'eks') ? 'the CoreDNS add-on of EKS' : undefined;
}
