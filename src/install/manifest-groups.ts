/** All objects of an installation, by value: the content of the Helm chart, and of `catamaran install`. */

import { CRDS } from '../api/crd-manifests.ts';
import type { JsonObject } from '../api/json.ts';
import { admissionPolicy } from './admission-policy.ts';
import { consoleChangeRights, consoleReviewRights, consoleService } from './console-objects.ts';
import { controllerDeployment, fleetConfigMap } from './controller-objects.ts';
import { dnsDeployment, dnsRights, dnsService } from './dns-objects.ts';
import { inventoryRights } from './inventory-objects.ts';
import { memberRights } from './member-objects.ts';
import {
  controllerAlerts,
  controllerMetrics,
  dashboardConfigMap,
  dnsAlerts,
  dnsMetrics,
} from './monitoring-objects.ts';
import { controllerNetworkPolicy, dnsNetworkPolicy } from './network-objects.ts';
import {
  CHANGED_BY_CONSOLE,
  CONTROLLER,
  DNS,
  disruptionBudget,
  HAS_CONSOLE,
  HAS_INVENTORIES,
  INSTALLED,
  IS_MEMBER,
  RUNS_CONTROLLER,
  RUNS_DNS,
  serviceAccount,
  USES_CRDS,
} from './object-parts.ts';
import { type Condition, evaluate, holds, type Scope, type TemplateObject, when } from './template.ts';

/** Manifests with one condition: a file of the chart. */
export interface ManifestGroup {
  readonly file: string;
  readonly condition: Condition;
  readonly manifests: readonly TemplateObject[];
}

const both = (...all: readonly Condition[]): Condition => ({ all });
type Optional = 'podDisruptionBudget' | 'networkPolicy' | 'serviceMonitor' | 'prometheusRule' | 'dashboard';
const enabled = (group: Optional): Condition => ({ is: `Values.${group}.enabled` });

const crds: readonly TemplateObject[] = CRDS.map(({ metadata, ...definition }) => ({
  // Plain JSON without expressions.
  ...(definition as unknown as TemplateObject),
  metadata: {
    ...metadata,
    labels: { ...metadata.labels, ...INSTALLED },
    annotations: when({ is: 'Values.crds.keep' }, { 'helm.sh/resource-policy': 'keep' }),
  },
}));

/** In the order in which they are created. */
export const MANIFESTS: readonly ManifestGroup[] = [
  { file: 'crds', condition: USES_CRDS, manifests: crds },
  {
    file: 'controller-account',
    condition: { any: [RUNS_CONTROLLER, IS_MEMBER] },
    manifests: [serviceAccount(CONTROLLER)],
  },
  {
    file: 'inventory-rights',
    condition: both(RUNS_CONTROLLER, HAS_INVENTORIES),
    manifests: inventoryRights,
  },
  { file: 'member-rights', condition: IS_MEMBER, manifests: memberRights },
  { file: 'console-change-rights', condition: CHANGED_BY_CONSOLE, manifests: consoleChangeRights },
  {
    file: 'admission-policy',
    condition: both(IS_MEMBER, { is: 'Values.admissionPolicy.enabled' }, { atLeast: '1.30' }),
    manifests: admissionPolicy,
  },
  {
    file: 'fleet',
    condition: both(RUNS_CONTROLLER, { not: { is: 'Values.fleetConfigMap' } }),
    manifests: [fleetConfigMap],
  },
  {
    file: 'controller-network-policy',
    condition: both(RUNS_CONTROLLER, enabled('networkPolicy')),
    manifests: [controllerNetworkPolicy],
  },
  {
    file: 'controller-disruption-budget',
    condition: both(RUNS_CONTROLLER, enabled('podDisruptionBudget')),
    manifests: [disruptionBudget(CONTROLLER)],
  },
  {
    file: 'console',
    condition: both(RUNS_CONTROLLER, HAS_CONSOLE),
    manifests: [...consoleReviewRights, consoleService],
  },
  { file: 'controller', condition: RUNS_CONTROLLER, manifests: [controllerDeployment] },
  {
    file: 'controller-metrics',
    condition: both(RUNS_CONTROLLER, enabled('serviceMonitor')),
    manifests: controllerMetrics,
  },
  {
    file: 'controller-alerts',
    condition: both(RUNS_CONTROLLER, enabled('prometheusRule')),
    manifests: controllerAlerts,
  },
  { file: 'dns-account', condition: RUNS_DNS, manifests: [serviceAccount(DNS), ...dnsRights] },
  { file: 'dns-network-policy', condition: both(RUNS_DNS, enabled('networkPolicy')), manifests: [dnsNetworkPolicy] },
  {
    file: 'dns-disruption-budget',
    condition: both(RUNS_DNS, enabled('podDisruptionBudget')),
    manifests: [disruptionBudget(DNS)],
  },
  { file: 'dns', condition: RUNS_DNS, manifests: [dnsService, dnsDeployment] },
  { file: 'dns-metrics', condition: both(RUNS_DNS, enabled('serviceMonitor')), manifests: dnsMetrics },
  { file: 'dns-alerts', condition: both(RUNS_DNS, enabled('prometheusRule')), manifests: dnsAlerts },
  {
    file: 'dashboard',
    condition: both({ any: [RUNS_CONTROLLER, RUNS_DNS] }, enabled('dashboard')),
    manifests: [dashboardConfigMap],
  },
];

/** The objects for the values of a scope. */
export function manifestsFor(scope: Scope): readonly JsonObject[] {
  return MANIFESTS.filter(({ condition }) => holds(condition, scope)).flatMap(({ manifests }) =>
    manifests.map((manifest) => evaluate(manifest, scope)),
  );
}
