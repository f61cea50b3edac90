/** What the pods may send and receive, and how metrics are scraped. */
import { CONTROLLER_PORT } from './controller-objects.ts';
import { DNS_HTTP_PORT } from './dns-objects.ts';
import { CONTROLLER, DNS, INSTALLED, metadata, NAMESPACE, selectorOf } from './object-parts.ts';
import { each, SPREAD, structureOf, type Template, type TemplateObject, textOf, when } from './template.ts';

const DNS_PORTS = ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 }));

/** TCP to any address except those of the link, where clouds have their metadata services. */
const ANY_SERVER: Template = {
  ports: [{ protocol: 'TCP' }],
  to: [
    { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
    { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
  ],
};

function policy(name: string, spec: TemplateObject): TemplateObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(name),
    spec: { podSelector: { matchLabels: selectorOf(name) }, policyTypes: ['Ingress', 'Egress'], ...spec },
  };
}

export const controllerNetworkPolicy = policy(CONTROLLER, {
  ingress: [{ ports: [{ protocol: 'TCP', port: CONTROLLER_PORT }] }],
  egress: [
    { ports: DNS_PORTS },
    when({ not: { is: 'Values.networkPolicy.egress' } }, ANY_SERVER),
    each('Values.networkPolicy.egress', { [SPREAD]: structureOf('item') }),
  ],
});

export const dnsNetworkPolicy = policy(DNS, {
  ingress: [
    {
      ports: [
        ...['UDP', 'TCP'].map((protocol) => ({ protocol, port: 5353 })),
        { protocol: 'TCP', port: DNS_HTTP_PORT },
      ],
    },
  ],
  // The API server of the cluster.
  egress: [ANY_SERVER],
});

/** The endpoints of metrics; headless, since each pod is scraped. */
function metricsService(name: string, port: number): TemplateObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(`${name}-metrics`),
    spec: {
      clusterIP: 'None',
      selector: selectorOf(name),
      ports: [{ name: 'http', protocol: 'TCP', port, targetPort: 'http' }],
    },
  };
}

function serviceMonitor(name: string): TemplateObject {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: { ...selectorOf(name), ...INSTALLED, [SPREAD]: structureOf('Values.serviceMonitor.labels') },
    },
    spec: {
      selector: { matchLabels: selectorOf(`${name}-metrics`) },
      endpoints: [{ port: 'http', interval: textOf('Values.serviceMonitor.interval') }],
    },
  };
}

export const controllerMetrics = [metricsService(CONTROLLER, CONTROLLER_PORT), serviceMonitor(CONTROLLER)];
export const dnsMetrics = [metricsService(DNS, DNS_HTTP_PORT), serviceMonitor(DNS)];
