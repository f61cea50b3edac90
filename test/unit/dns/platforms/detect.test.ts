import { describe, expect, it } from 'vitest';
import { detect, detectedText, ownerOf } from '../../../../src/dns/platforms/detect.ts';
import type { Observed, ObservedNode, ObservedObject } from '../../../../src/dns/platforms/observed.ts';

const PLAIN: Observed = { version: 'v1.34.1', groups: ['apps/v1'], nodes: [], services: [], objects: [] };

const node = (fields: Partial<ObservedNode>): ObservedNode => ({
  name: 'node-1',
  labels: {},
  providerID: '',
  osImage: 'Debian GNU/Linux 13',
  ...fields,
});

const object = (title: string, metadata: Partial<ObservedObject['metadata']> = {}): ObservedObject => ({
  title,
  metadata: { name: title.split('/')[1] ?? '', namespace: 'kube-system', ...metadata },
});

const COREDNS = 'ConfigMap kube-system/coredns';
const KUBEADM = object('ConfigMap kube-system/kubeadm-config');

const CASES: readonly (readonly [platform: string, way: string, evidence: string, observed: Partial<Observed>])[] = [
  ['kubeadm', 'corefile', 'ConfigMap kube-system/kubeadm-config', { objects: [object(COREDNS), KUBEADM] }],
  [
    'kind',
    'corefile',
    'providerID kind://docker/kind/kind-control-plane of Node node-1',
    { nodes: [node({ providerID: 'kind://docker/kind/kind-control-plane' })], objects: [object(COREDNS), KUBEADM] },
  ],
  [
    'minikube',
    'corefile',
    'label minikube.k8s.io/name of Node node-1',
    { nodes: [node({ labels: { 'minikube.k8s.io/name': 'minikube' } })], objects: [object(COREDNS), KUBEADM] },
  ],
  ['Talos', 'corefile', 'Talos (v1.11.2) on Node node-1', { nodes: [node({ osImage: 'Talos (v1.11.2)' })] }],
  ['k3s', 'custom', 'Kubernetes v1.34.1+k3s1', { version: 'v1.34.1+k3s1', objects: [object(COREDNS)] }],
  [
    'RKE2',
    'tool',
    'Kubernetes v1.34.1+rke2r1; ConfigMap kube-system/rke2-coredns-rke2-coredns',
    { version: 'v1.34.1+rke2r1', objects: [object('ConfigMap kube-system/rke2-coredns-rke2-coredns')] },
  ],
  [
    'AKS',
    'custom',
    'label kubernetes.azure.com/cluster of Node node-1',
    {
      nodes: [node({ labels: { 'kubernetes.azure.com/cluster': 'MC_rg_aks_westeurope' } })],
      objects: [object(COREDNS)],
    },
  ],
  [
    'EKS with the CoreDNS add-on',
    'tool',
    `field manager eks of ${COREDNS}`,
    { version: 'v1.34.1-eks-3cfe0ce', objects: [object(COREDNS, { managedFields: [{ manager: 'eks' }] })] },
  ],
  [
    'EKS with self-managed CoreDNS',
    'corefile',
    'Kubernetes v1.34.1-eks-3cfe0ce',
    {
      version: 'v1.34.1-eks-3cfe0ce',
      objects: [object(COREDNS, { labels: { 'eks.amazonaws.com/component': 'coredns' } })],
    },
  ],
  [
    'GKE with kube-dns',
    'stubDomains',
    'Kubernetes v1.34.1-gke.2037000, ConfigMap kube-system/kube-dns',
    { version: 'v1.34.1-gke.2037000', objects: [object('ConfigMap kube-system/kube-dns')] },
  ],
  [
    'GKE with Cloud DNS',
    'tool',
    'Kubernetes v1.34.1-gke.2037000, no ConfigMap kube-system/kube-dns',
    { version: 'v1.34.1-gke.2037000' },
  ],
  ['OpenShift', 'operator', 'API group operator.openshift.io', { groups: ['operator.openshift.io/v1'] }],
  ['ACK', 'corefile', 'Kubernetes v1.34.1-aliyun.1', { version: 'v1.34.1-aliyun.1', objects: [object(COREDNS)] }],
  [
    'ACK with managed CoreDNS',
    'operator',
    `API group networking.alibabacloud.com, no ${COREDNS}`,
    { version: 'v1.34.1-aliyun.1', groups: ['networking.alibabacloud.com/v1beta1'] },
  ],
  [
    'DigitalOcean Kubernetes',
    'custom',
    'label doks.digitalocean.com/node-id of Node node-1; providerID digitalocean://1 of Node node-1',
    { nodes: [node({ labels: { 'doks.digitalocean.com/node-id': 'x' }, providerID: 'digitalocean://1' })] },
  ],
  [
    'kops',
    'tool',
    `label addon.kops.k8s.io/name: coredns.addons.k8s.io of ${COREDNS}`,
    { objects: [object(COREDNS, { labels: { 'addon.kops.k8s.io/name': 'coredns.addons.k8s.io' } })] },
  ],
  [
    'kubespray',
    'tool',
    `label addonmanager.kubernetes.io/mode: EnsureExists of ${COREDNS}, ${KUBEADM.title}`,
    { objects: [object(COREDNS, { labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } }), KUBEADM] },
  ],
  [
    'CoreDNS with coredns-custom',
    'custom',
    'import custom/*.server in the Corefile',
    { corefile: '.:53 {\n}\nimport custom/*.server\n', objects: [object(COREDNS)] },
  ],
  ['unknown', 'corefile', '', { objects: [object(COREDNS)] }],
];

describe('the platform', () => {
  it.each(CASES)('%s keeps changes in: %s', (name, way, evidence, observed) => {
    const found = detect({ ...PLAIN, ...observed });
    expect({ name: found.platform.name, way: found.platform.way.kind, evidence: found.evidence.join('; ') }).toEqual({
      name,
      way,
      evidence,
    });
    expect(detectedText(found)).toContain(evidence === '' ? 'using the Corefile, as with kubeadm' : evidence);
  });

  it('has a DNS cache on each node if its DaemonSet and ConfigMap exist (D8)', () => {
    for (const name of ['node-local-dns', 'nodelocaldns']) {
      const objects = [
        object(COREDNS),
        object(`DaemonSet kube-system/${name}`),
        object(`ConfigMap kube-system/${name}`),
      ];
      expect(detect({ ...PLAIN, objects }).nodeCache).toBe(`kube-system/${name}`);
    }
    // A ConfigMap that was left behind is asked by no pod.
    expect(detect({ ...PLAIN, objects: [object('ConfigMap kube-system/node-local-dns')] }).nodeCache).toBeUndefined();
  });
});

describe('the owner of a ConfigMap (D4)', () => {
  const owner = { apiVersion: 'operator.openshift.io/v1', kind: 'DNS', name: 'default', uid: '1' };

  it.each([
    [{ ownerReferences: [{ ...owner, controller: true }] }, 'DNS default'],
    [{ ownerReferences: [owner] }, undefined],
    [{ labels: { 'objectset.rio.cattle.io/hash': 'bce283298811743a' } }, 'k3s'],
    [{ annotations: { 'objectset.rio.cattle.io/owner-name': 'coredns' } }, 'the k3s add-on coredns'],
    [{ labels: { 'addonmanager.kubernetes.io/mode': 'Reconcile' } }, 'the add-on manager of the platform'],
    [{ labels: { 'addonmanager.kubernetes.io/mode': 'EnsureExists' } }, undefined],
    [{ labels: { 'addon.kops.k8s.io/name': 'coredns' } }, 'the kops add-on coredns'],
    [{ annotations: { 'meta.helm.sh/release-name': 'coredns' } }, 'the Helm release coredns'],
    [
      { annotations: { 'argocd.argoproj.io/tracking-id': 'dns:/ConfigMap:kube-system/coredns' } },
      'Argo CD (dns:/ConfigMap:kube-system/coredns)',
    ],
    [{ labels: { 'kustomize.toolkit.fluxcd.io/name': 'infra' } }, 'the Flux Kustomization infra'],
    [{ managedFields: [{ manager: 'eks' }] }, 'the CoreDNS add-on of EKS'],
    [{ managedFields: [{ manager: 'kubeadm' }] }, undefined],
    [{}, undefined],
  ])('%j is written by %s', (metadata, owned) => {
    expect(ownerOf({ name: 'coredns', ...metadata })).toBe(owned);
  });
});
