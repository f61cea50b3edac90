/**
 * The values of an installation: fields, limits, defaults and descriptions. The values.yaml and values.schema.json of
 * the Helm chart and docs/reference/values.md are generated from it.
 */
import { z } from 'zod';
import { fleetSchema } from '../config/schema.ts';
import { LOG_LEVELS } from '../runtime/log.ts';
import { CONTROLLER_PORT } from './controller-objects.ts';

const text = z.string();
/** A name of an object: a DNS subdomain. */
const objectName = text.regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'expected the name of an object');
const namespaceName = text.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'expected the name of a namespace');
const optionalName = z.union([z.literal(''), objectName]);
/** Objects of the Kubernetes API, validated by the API server. */
const structure = z.record(text, z.unknown());
const hostName = text.regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'expected a host name without scheme and port');
const stringMap = z.record(text, text);
const logLevel = z.enum(LOG_LEVELS).default('info').meta({ description: 'Minimum log level.' });
const replicas = z.int().min(1).max(10).default(2).meta({ description: 'Number of pods.' });
const extraArgs = z.array(text).default([]).meta({ description: 'More options of the command.' });

function resources(cpu: string, memory: string, limit: string) {
  return structure
    .default({ requests: { cpu, memory }, limits: { memory: limit } })
    .meta({ description: 'Resources of the container.' });
}

/** Fields with defaults; all of them may be left out. */
function group<T extends z.ZodRawShape>(description: string, shape: T) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description });
}

const image = group('The container image.', {
  repository: text.min(1).default('catamaran').meta({ description: 'Repository, with the registry.' }),
  tag: text
    .regex(/^[\w.-]{0,128}$/)
    .default('')
    .meta({ description: 'Tag. Default: the version of the program.' }),
  digest: text
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .default('')
    .meta({ description: 'Digest, in place of the tag.' }),
  pullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .default('IfNotPresent')
    .meta({ description: 'When to pull.' }),
  pullSecrets: z.array(objectName).default([]).meta({ description: 'Names of Secrets with registry credentials.' }),
});

const kubeconfigSecret = z.strictObject({
  name: objectName.meta({ description: 'Name of the Secret; the file is kubeconfigs/<name>.' }),
  key: text.min(1).default('kubeconfig').meta({ description: 'Key of the kubeconfig in the Secret.' }),
});

const controller = group('The controller, in the modes hub and cluster.', {
  replicas,
  logLevel,
  extraArgs,
  resources: resources('50m', '192Mi', '1Gi'),
});

const consoleForBrowsers = group(
  'The console of the controller for browsers, over HTTP. Users need rights in this cluster.',
  {
    enabled: z.boolean().default(false).meta({ description: 'Serve the console, in the modes hub and cluster.' }),
    write: z.boolean().default(false).meta({
      description:
        'Allow changes in the console. In the modes cluster and member: let the controller create and delete the exports and imports of users in this cluster.',
    }),
    port: z
      .int()
      .min(1_024)
      .max(65_535)
      .refine((port) => port !== CONTROLLER_PORT, `${CONTROLLER_PORT} is the port of metrics and probes`)
      .default(9_480)
      .meta({ description: 'Port of the pods and of the Service catamaran-console.', not: { const: CONTROLLER_PORT } }),
    hosts: z.array(hostName).default([]).meta({
      description: 'Host names that browsers use. IP addresses and localhost are always allowed.',
    }),
  },
);

const dns = group('The DNS server of the cluster, `catamaran dns`.', {
  enabled: z
    .boolean()
    .default(false)
    .meta({ description: 'Serve the clusterset zone in this cluster. Always on in the mode dns.' }),
  replicas,
  zone: text
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)
    .default('clusterset.local')
    .meta({ description: 'Clusterset zone.' }),
  logLevel,
  extraArgs,
  priorityClassName: optionalName
    .default('system-cluster-critical')
    .meta({ description: 'Priority class of the DNS pods.' }),
  resources: resources('50m', '96Mi', '256Mi'),
});

export const MODES = ['hub', 'cluster', 'member', 'dns'] as const;

export const valuesSchema = z.strictObject({
  global: structure.optional().meta({ description: 'Values shared with other charts; not used.' }),
  mode: z.enum(MODES).default('hub').meta({
    description:
      'What to install. hub: the controller of a fleet, in a cluster that is not a member. cluster: the controller, in a cluster that is a member (inCluster: true in the fleet). member: only the account and rights for a controller elsewhere. dns: only the DNS server.',
  }),
  fleet: fleetSchema.shape.spec
    .extend({ members: fleetSchema.shape.spec.shape.members.default([]) })
    .prefault({})
    .meta({ description: 'The spec of the fleet file. Kubeconfigs are at kubeconfigs/<name of the Secret>.' }),
  fleetConfigMap: optionalName
    .default('')
    .meta({ description: 'Name of a ConfigMap with the key fleet.yaml, in place of fleet.' }),
  kubeconfigSecrets: z
    .array(kubeconfigSecret)
    .default([])
    .meta({ description: 'Secrets of the namespace with the kubeconfigs of members.' }),
  image,
  controller,
  console: consoleForBrowsers,
  dns,
  crds: group('The CustomResourceDefinitions of ServiceExport and ServiceImport, in clusters that are members.', {
    enabled: z.boolean().default(true).meta({ description: 'Install them. Off if another installer has.' }),
    keep: z
      .boolean()
      .default(true)
      .meta({ description: 'Keep them when the release is uninstalled. Deleting them deletes all exports.' }),
  }),
  lease: group('The Lease of this member; equal to spec.lease of the fleet file.', {
    namespace: namespaceName.default('kube-system').meta({ description: 'Namespace of the Lease.' }),
    name: objectName.default('catamaran').meta({ description: 'Name of the Lease.' }),
  }),
  admissionPolicy: group('Limits the account of the controller to what it manages, in clusters that are members.', {
    enabled: z.boolean().default(true).meta({ description: 'Install the policy. From Kubernetes 1.30 on.' }),
    action: z
      .enum(['Deny', 'Audit', 'Warn'])
      .default('Deny')
      .meta({ description: 'What happens to other requests of the account.' }),
  }),
  serviceAccount: group('The ServiceAccounts.', {
    annotations: stringMap.default({}).meta({ description: 'Annotations, such as for workload identity.' }),
  }),
  podDisruptionBudget: group('At most one pod of each Deployment is evicted at a time.', {
    enabled: z.boolean().default(true).meta({ description: 'Install the budgets.' }),
  }),
  networkPolicy: group('What the pods may send and receive.', {
    enabled: z.boolean().default(true).meta({ description: 'Install the policies.' }),
    egress: z.array(structure).default([]).meta({
      description:
        'Egress rules of the controller besides DNS, such as one for the API servers. Default: TCP to all addresses that are not link-local.',
    }),
  }),
  serviceMonitor: group('Scraping by the Prometheus operator.', {
    enabled: z.boolean().default(false).meta({ description: 'Install the ServiceMonitors.' }),
    interval: text
      .regex(/^\d+(ms|s|m|h)$/)
      .default('30s')
      .meta({ description: 'Time between scrapes.' }),
    labels: stringMap.default({}).meta({ description: 'Labels that the Prometheus object selects by.' }),
  }),
  prometheusRule: group('Alerts, evaluated by the Prometheus operator.', {
    enabled: z.boolean().default(false).meta({ description: 'Install the PrometheusRules.' }),
    labels: stringMap.default({}).meta({ description: 'Labels that the Prometheus object selects rules by.' }),
  }),
  dashboard: group('The dashboard, in a ConfigMap that the sidecar of Grafana reads.', {
    enabled: z.boolean().default(false).meta({ description: 'Install the ConfigMap.' }),
    labels: stringMap
      .default({ grafana_dashboard: '1' })
      .meta({ description: 'Labels that the sidecar selects ConfigMaps by.' }),
  }),
  podAnnotations: stringMap.default({}).meta({ description: 'Annotations of the pods.' }),
  podLabels: stringMap.default({}).meta({ description: 'More labels of the pods.' }),
  nodeSelector: stringMap.default({}).meta({ description: 'Node selector of the pods.' }),
  tolerations: z.array(structure).default([]).meta({ description: 'Tolerations of the pods.' }),
  priorityClassName: optionalName.default('').meta({ description: 'Priority class of the controller.' }),
});

/** Fields with their defaults. Those of the fleet file are left to the controller. */
export const DEFAULT_VALUES = {
  ...valuesSchema.parse({}),
  fleet: { inventories: [{ format: 'Catamaran' }], members: [] },
};

/** Helm's patterns, those of Go, have no lookahead, which the schema of the fleet file uses for lengths. */
const LENGTH = /^\^\(\?=\.\{1,(\d+)\}\$\)/;

/** As JSON Schema, for values.schema.json. */
export function valuesJsonSchema(): object {
  return z.toJSONSchema(valuesSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const [lookahead = '', length] = LENGTH.exec(jsonSchema.pattern ?? '') ?? [];
      if (length === undefined) return;
      jsonSchema.pattern = `^${jsonSchema.pattern?.slice(lookahead.length)}`;
      jsonSchema.maxLength = Number(length);
    },
  });
}
