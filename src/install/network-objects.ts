/** What the pods may send and receive. */
import { CONTROLLER_PORT } from './controller-objects.ts';
import { DNS_HTTP_PORT } from './dns-objects.ts';
import { CONTROLLER, DNS, HAS_CONSOLE, metadata, selectorOf } from './object-parts.ts';
import { each, SPREAD, scalarOf, structureOf, type Template, type TemplateObject, when } from './template.ts';

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
  ingress: [
    {
      ports: [
        { protocol: 'TCP', port: CONTROLLER_PORT },
        when(HAS_CONSOLE, { protocol: 'TCP', port: scalarOf('Values.console.port') }),
      ],
    },
  ],
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
