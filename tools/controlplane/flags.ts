/** Command lines of the components. */
import { join } from 'node:path';
import type { PlaneFiles } from './files.ts';
import type { Networks } from './networks.ts';

/**
 * etcd for one cluster, without fsync: losing the last writes in a crash is acceptable, waiting for the disk is not.
 */
export function etcdArgs(files: Pick<PlaneFiles, 'dir'>, port: number, name: string): readonly string[] {
  const url = `http://127.0.0.1:${port}`;
  return [
    `--name=${name}`,
    `--initial-cluster=${name}=http://127.0.0.1:2380`,
    '--initial-advertise-peer-urls=http://127.0.0.1:2380',
    `--data-dir=${join(files.dir, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    // A single member has no peers, so the advertised peer address is never used.
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--snapshot-count=5000',
    '--log-level=warn',
  ];
}

export function apiServerArgs(
  files: PlaneFiles,
  port: number,
  etcdPort: number,
  networks: Networks,
  audit: boolean,
): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.dir}`,
    `--token-auth-file=${files.tokens}`,
    '--authorization-mode=RBAC',
    `--service-cluster-ip-range=${networks.serviceCIDRs.join(',')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    // A loopback address is not allowed in the Endpoints of the Service `kubernetes`.
    '--endpoint-reconciler-type=none',
    // Pods need no token, and no controller would ever remove a taint from the nodes.
    '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
    '--shutdown-delay-duration=0s',
    ...(audit
      ? [
          `--audit-policy-file=${files.auditPolicy}`,
          `--audit-log-path=${files.auditLog}`,
          // In megabytes; rotated files would not be counted.
          '--audit-log-maxsize=10000',
        ]
      : []),
  ];
}

/** Controllers required for workloads, Services, volumes and deletion, with their names before Kubernetes 1.29. */
const CONTROLLERS: Readonly<Record<string, string | undefined>> = {
  'clusterrole-aggregation-controller': 'clusterrole-aggregation',
  'cronjob-controller': 'cronjob',
  'daemonset-controller': 'daemonset',
  'deployment-controller': 'deployment',
  'endpoints-controller': 'endpoint',
  'endpointslice-controller': 'endpointslice',
  'endpointslice-mirroring-controller': 'endpointslicemirroring',
  'garbage-collector-controller': 'garbagecollector',
  'job-controller': 'job',
  'namespace-controller': 'namespace',
  'persistentvolume-binder-controller': 'persistentvolume-binder',
  'persistentvolume-protection-controller': 'pv-protection',
  'persistentvolumeclaim-protection-controller': 'pvc-protection',
  'pod-garbage-collector-controller': 'podgc',
  'replicaset-controller': 'replicaset',
  'service-cidr-controller': undefined,
  'serviceaccount-controller': 'serviceaccount',
  'statefulset-controller': 'statefulset',
};

/** Kubernetes 1.28 knows both names. */
function controllersOf(minor: number): readonly string[] {
  return Object.entries(CONTROLLERS).flatMap(([name, before = []]) => (minor >= 29 ? name : before));
}

/** kube-controller-manager of Kubernetes 1.`minor`, without a port and without leader election. */
export function controllerManagerArgs(files: PlaneFiles, minor: number): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfigOf('kube-controller-manager')}`,
    `--controllers=${controllersOf(minor).join(',')}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
  ];
}

/** kube-scheduler of Kubernetes 1.`minor`, without a port and without leader election. */
export function schedulerArgs(files: PlaneFiles, minor: number): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfigOf('kube-scheduler')}`,
    '--leader-elect=false',
    '--secure-port=0',
    // A second port, without TLS, that is open by default.
    ...(minor < 23 ? ['--port=0'] : []),
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
  ];
}

export function kwokArgs(files: PlaneFiles, podCIDR: string, index: number): readonly string[] {
  return [
    `--kubeconfig=${files.kubeconfigOf('kwok')}`,
    `--config=${files.stages}`,
    '--manage-all-nodes=true',
    `--cidr=${podCIDR}`,
    `--node-ip=10.${index}.255.1`,
    '--node-lease-duration-seconds=40',
  ];
}
