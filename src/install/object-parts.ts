/** Parts that several manifests share: modes, names, labels, pods. */
import {
  type Condition,
  each,
  type Path,
  SPREAD,
  structureOf,
  type Template,
  type TemplateObject,
  text,
  textOf,
  textUnlessEmpty,
  unlessEmpty,
  when,
} from './template.ts';

export const CONTROLLER = 'catamaran';
export const DNS = 'catamaran-dns';

/** User and group of the image. */
const NONROOT = 65_532;

const mode = (equals: string): Condition => ({ is: 'Values.mode', equals });
/** The controller runs here. */
export const RUNS_CONTROLLER: Condition = { any: [mode('hub'), mode('cluster')] };
/** This cluster is a member, and has an account with the rights of the controller. */
export const IS_MEMBER: Condition = { any: [mode('cluster'), mode('member')] };
/** Members come from objects of this cluster. */
export const HAS_INVENTORIES: Condition = { is: 'Values.fleet.inventories' };
/** The controller, if it runs here, serves its console. */
export const HAS_CONSOLE: Condition = { is: 'Values.console.enabled' };
/** This cluster is a member, and users change its exports and imports in the console of the controller. */
export const CHANGED_BY_CONSOLE: Condition = {
  all: [{ is: 'Values.console.write' }, { any: [mode('member'), { all: [mode('cluster'), HAS_CONSOLE] }] }],
};
/** The DNS server runs here. */
export const RUNS_DNS: Condition = { any: [mode('dns'), { is: 'Values.dns.enabled' }] };
/** This cluster has ServiceImports. */
export const USES_CRDS: Condition = { all: [{ not: mode('hub') }, { is: 'Values.crds.enabled' }] };

/** Namespace of the installation. */
export const NAMESPACE = textOf('Release.Namespace');

/** Labels of every object that an installation creates. */
export const INSTALLED: TemplateObject = {
  'app.kubernetes.io/part-of': 'catamaran',
  'app.kubernetes.io/managed-by': textOf('Release.Service'),
};

/** `name` is also the label by which Services and policies select pods. */
export function metadata(name: string, place: TemplateObject = { namespace: NAMESPACE }): TemplateObject {
  return {
    name,
    ...place,
    labels: {
      'app.kubernetes.io/name': name,
      'app.kubernetes.io/version': textOf('Chart.AppVersion'),
      ...INSTALLED,
    },
  };
}

export const CLUSTER_SCOPED: TemplateObject = {};

export function selectorOf(name: string): TemplateObject {
  return { 'app.kubernetes.io/name': name };
}

export function roleRef(kind: 'ClusterRole' | 'Role', name: string): TemplateObject {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name };
}

export function accountOf(name: string): TemplateObject {
  return { kind: 'ServiceAccount', name, namespace: NAMESPACE };
}

export function serviceAccount(name: string): TemplateObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { ...metadata(name), annotations: unlessEmpty('Values.serviceAccount.annotations') },
    // Only pods that need a token have one.
    automountServiceAccountToken: false,
  };
}

export function disruptionBudget(name: string): TemplateObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(name),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name) } },
  };
}

const IMAGE = text(
  { path: 'Values.image.repository' },
  {
    condition: { is: 'Values.image.digest' },
    yes: ['@', { path: 'Values.image.digest' }],
    no: [
      ':',
      {
        condition: { is: 'Values.image.tag' },
        yes: [{ path: 'Values.image.tag' }],
        no: [{ path: 'Chart.AppVersion' }],
      },
    ],
  },
);

interface PodParts {
  readonly name: string;
  readonly replicas: Template;
  readonly priorityClassName: Path;
  readonly automountServiceAccountToken: Template;
  readonly container: TemplateObject;
  readonly volumes?: readonly Template[];
}

/** A Deployment whose pods have no rights on their node, and start before others stop. */
export function deployment(parts: PodParts): TemplateObject {
  const { name, replicas, container, volumes } = parts;
  const probe = (path: string) => ({ path, port: 'http' });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name),
    spec: {
      replicas,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      selector: { matchLabels: selectorOf(name) },
      template: {
        metadata: {
          labels: { ...selectorOf(name), ...INSTALLED, [SPREAD]: structureOf('Values.podLabels') },
          annotations: unlessEmpty('Values.podAnnotations'),
        },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: parts.automountServiceAccountToken,
          enableServiceLinks: false,
          priorityClassName: textUnlessEmpty(parts.priorityClassName),
          imagePullSecrets: when({ is: 'Values.image.pullSecrets' }, [
            each('Values.image.pullSecrets', { name: textOf('item') }),
          ]),
          nodeSelector: unlessEmpty('Values.nodeSelector'),
          tolerations: unlessEmpty('Values.tolerations'),
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: selectorOf(name) },
          })),
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NONROOT,
            runAsGroup: NONROOT,
            fsGroup: NONROOT,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'catamaran',
              image: IMAGE,
              imagePullPolicy: textOf('Values.image.pullPolicy'),
              readinessProbe: { httpGet: probe('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 },
              livenessProbe: { httpGet: probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              ...container,
            },
          ],
          ...(volumes && { volumes }),
        },
      },
    },
  };
}
