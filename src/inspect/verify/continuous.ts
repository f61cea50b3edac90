/** Manifests that repeat the requests of one cluster on a schedule, with no more rights than to read its imports. */
import type { JsonObject } from '../../api/json.ts';
import { MCS_GROUP } from '../../api/multicluster.ts';
import { probeContainer, probePodSpec, VERIFY_LABEL } from './pod-prober.ts';

export interface ContinuousOptions {
  readonly namespace: string;
  readonly image: string;
  /** Of cron. */
  readonly schedule: string;
  /** Arguments of `catamaran verify --local`. */
  readonly args: readonly string[];
}

const NAME = 'catamaran-verify';
const RBAC = 'rbac.authorization.k8s.io/v1';
/** Runs that are kept, with their logs. */
const KEPT = 3;

/** A failed run is a failed Job, which alerts of kube-state-metrics find. */
export function continuousManifests({ namespace, image, schedule, args }: ContinuousOptions): readonly JsonObject[] {
  const metadata = { name: NAME, labels: VERIFY_LABEL };
  const account = { kind: 'ServiceAccount', name: NAME, namespace };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace } },
    {
      apiVersion: RBAC,
      kind: 'ClusterRole',
      metadata,
      rules: [
        { apiGroups: [MCS_GROUP], resources: ['serviceimports'], verbs: ['list'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list'] },
      ],
    },
    {
      apiVersion: RBAC,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: NAME },
      subjects: [account],
    },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { ...metadata, namespace },
      spec: {
        schedule,
        concurrencyPolicy: 'Forbid',
        successfulJobsHistoryLimit: KEPT,
        failedJobsHistoryLimit: KEPT,
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            activeDeadlineSeconds: 300,
            template: {
              metadata: { labels: VERIFY_LABEL },
              spec: {
                serviceAccountName: NAME,
                ...probePodSpec(probeContainer(image, ['verify', '--local', ...args])),
              },
            },
          },
        },
      },
    },
  ];
}
