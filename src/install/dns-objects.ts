/** `catamaran dns` for the cluster: two pods behind a Service that the Corefile forwards to. */
import { accountOf, CLUSTER_SCOPED, DNS, deployment, metadata, roleRef, selectorOf } from './object-parts.ts';
import { DNS_CHECK_RULES, DNS_RULES } from './role-rules.ts';
import { each, scalarOf, structureOf, type TemplateObject, textOf } from './template.ts';

const CHECK = 'catamaran-dns-check';
const DNS_PORT = 5353;
export const DNS_HTTP_PORT = 9471;
/** Nodes may still send queries to a pod for this long after it starts to terminate. */
const DRAIN_MS = 5_000;
const RBAC = 'rbac.authorization.k8s.io/v1';

export const dnsRights: readonly TemplateObject[] = [
  { apiVersion: RBAC, kind: 'ClusterRole', metadata: metadata(DNS, CLUSTER_SCOPED), rules: DNS_RULES },
  {
    apiVersion: RBAC,
    kind: 'ClusterRoleBinding',
    metadata: metadata(DNS, CLUSTER_SCOPED),
    roleRef: roleRef('ClusterRole', DNS),
    subjects: [accountOf(DNS)],
  },
  {
    apiVersion: RBAC,
    kind: 'Role',
    metadata: metadata(CHECK, { namespace: 'kube-system' }),
    rules: DNS_CHECK_RULES,
  },
  {
    apiVersion: RBAC,
    kind: 'RoleBinding',
    metadata: metadata(CHECK, { namespace: 'kube-system' }),
    roleRef: roleRef('Role', CHECK),
    subjects: [accountOf(DNS)],
  },
];

/** The Corefile has its cluster IP: after it was recreated, `catamaran dns enable` has to run again. */
export const dnsService: TemplateObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(DNS),
  spec: {
    selector: selectorOf(DNS),
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns' },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 'dns-tcp' },
    ],
  },
};

export const dnsDeployment: TemplateObject = deployment({
  name: DNS,
  replicas: scalarOf('Values.dns.replicas'),
  priorityClassName: 'Values.dns.priorityClassName',
  automountServiceAccountToken: true,
  container: {
    args: [
      'dns',
      // All addresses of both families.
      '--listen',
      `[::]:${DNS_PORT}`,
      '--http',
      `[::]:${DNS_HTTP_PORT}`,
      '--zone',
      textOf('Values.dns.zone'),
      '--log-level',
      textOf('Values.dns.logLevel'),
      each('Values.dns.extraArgs', textOf('item')),
    ],
    ports: [
      { name: 'dns', protocol: 'UDP', containerPort: DNS_PORT },
      { name: 'dns-tcp', protocol: 'TCP', containerPort: DNS_PORT },
      { name: 'http', protocol: 'TCP', containerPort: DNS_HTTP_PORT },
    ],
    lifecycle: { preStop: { exec: { command: ['node', '-e', `setTimeout(() => {}, ${DRAIN_MS})`] } } },
    resources: structureOf('Values.dns.resources'),
  },
});
