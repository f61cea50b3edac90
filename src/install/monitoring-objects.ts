/** How metrics are scraped, evaluated and shown: by the Prometheus operator, and by Grafana. */
import { CONTROLLER_ALERTS, DNS_ALERTS, ruleGroup } from './alert-rules.ts';
import { CONTROLLER_PORT } from './controller-objects.ts';
import { dashboard } from './dashboard.ts';
import { DNS_HTTP_PORT } from './dns-objects.ts';
import { CONTROLLER, DNS, INSTALLED, metadata, NAMESPACE, selectorOf } from './object-parts.ts';
import { type Path, SPREAD, structureOf, type TemplateObject, textOf } from './template.ts';

const MONITORING = 'monitoring.coreos.com/v1';

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

/** With labels by which a Prometheus or Grafana selects objects. */
function selected(name: string, labels: Path): TemplateObject {
  return {
    name,
    namespace: NAMESPACE,
    labels: { ...selectorOf(name), ...INSTALLED, [SPREAD]: structureOf(labels) },
  };
}

function serviceMonitor(name: string): TemplateObject {
  return {
    apiVersion: MONITORING,
    kind: 'ServiceMonitor',
    metadata: selected(name, 'Values.serviceMonitor.labels'),
    spec: {
      selector: { matchLabels: selectorOf(`${name}-metrics`) },
      endpoints: [{ port: 'http', interval: textOf('Values.serviceMonitor.interval') }],
    },
  };
}

function prometheusRule(name: string, alerts: typeof CONTROLLER_ALERTS): TemplateObject {
  return {
    apiVersion: MONITORING,
    kind: 'PrometheusRule',
    metadata: selected(name, 'Values.prometheusRule.labels'),
    spec: { groups: [ruleGroup(name, alerts)] },
  };
}

export const controllerMetrics = [metricsService(CONTROLLER, CONTROLLER_PORT), serviceMonitor(CONTROLLER)];
export const dnsMetrics = [metricsService(DNS, DNS_HTTP_PORT), serviceMonitor(DNS)];
export const controllerAlerts = [prometheusRule(CONTROLLER, CONTROLLER_ALERTS)];
export const dnsAlerts = [prometheusRule(DNS, DNS_ALERTS)];

export const dashboardConfigMap: TemplateObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: selected('catamaran-dashboard', 'Values.dashboard.labels'),
  data: { 'catamaran.json': JSON.stringify(dashboard()) },
};
