/**
 * Alerts of the controller and of the DNS server. The PrometheusRules and deploy/monitoring are generated from them;
 * docs/guides/alerts.md has a section for each.
 */

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression has to hold. */
  readonly for: string;
  /** `critical`: requests fail, or will if a pod dies. `warning`: something has to be fixed during the day. */
  readonly severity: 'critical' | 'warning';
  /** Both are templates of Prometheus. */
  readonly summary: string;
  readonly description: string;
}

/** The replicas of one controller report the same members; `cluster` of several ones is added by Prometheus. */
const BY = 'job, namespace';
const BY_MEMBER = `${BY}, member`;
const MEMBER = '{{ $labels.member }}';
const OBJECT = '{{ $labels.object }}';

/** Objective of the SLI: this share of changes is written within these seconds, a bucket of the histogram. */
export const OBJECTIVE = { share: 0.99, seconds: 5 } as const;
/** With fewer changes in the long window, one late change would alert. */
const LEAST_CHANGES = 20;

const lateShare = (window: string): string => {
  const sum = (suffix: string) => `sum by (${BY_MEMBER}) (rate(catamaran_propagation_seconds_${suffix}[${window}]))`;
  return `1 - ${sum(`bucket{le="${OBJECTIVE.seconds}"}`)} / ${sum('count')}`;
};

/** The error budget of 30 days is spent `times` too fast, in both windows: it continues, and is no single peak. */
function burn(times: number, long: string, short: string): string {
  const limit = `${times} * ${Number((1 - OBJECTIVE.share).toFixed(6))}`;
  const isTooFast = (window: string) => `(${lateShare(window)}) > ${limit}`;
  const changes = `sum by (${BY_MEMBER}) (increase(catamaran_propagation_seconds_count[${long}]))`;
  return [isTooFast(long), isTooFast(short), `${changes} >= ${LEAST_CHANGES}`].join('\nand\n');
}

const BURNING = {
  alert: 'CatamaranPropagationBudgetBurn',
  summary: `Changes reach member ${MEMBER} late`,
  description: `{{ $value | humanizePercentage }} of the changes of endpoints took longer than ${OBJECTIVE.seconds} s to reach member ${MEMBER}; the objective is ${100 * (1 - OBJECTIVE.share)}% at most.`,
} as const;

export const CONTROLLER_ALERTS: readonly AlertRule[] = [
  {
    alert: 'CatamaranControllerAbsent',
    expr: 'absent(catamaran_leases_held)',
    for: '5m',
    severity: 'critical',
    summary: 'No Catamaran controller is scraped',
    description: 'No controller reports metrics. If none runs, members keep the endpoints that they have.',
  },
  {
    alert: 'CatamaranMemberUnreachable',
    expr: `max by (${BY_MEMBER}) (catamaran_member_up) == 0\nunless\nmax by (${BY_MEMBER}) (catamaran_member_state{state="refused"}) == 1`,
    for: '5m',
    severity: 'critical',
    summary: `Member ${MEMBER} cannot be reached`,
    description: `No replica of the controller has a complete view of member ${MEMBER}. Its endpoints stay as they were, and it receives no changes.`,
  },
  {
    alert: 'CatamaranMemberRefused',
    expr: `max by (${BY_MEMBER}) (catamaran_member_state{state="refused"}) == 1`,
    for: '2m',
    severity: 'critical',
    summary: `Member ${MEMBER} is refused`,
    description: `Member ${MEMBER} may be another cluster than expected, or sends more than its budget. Its last data is kept, and it receives no changes.`,
  },
  {
    alert: 'CatamaranMemberWithoutController',
    expr: `max by (${BY_MEMBER}) (catamaran_member_lease_held) == 0\nand\nmax by (${BY_MEMBER}) (catamaran_member_up) == 1`,
    for: '3m',
    severity: 'critical',
    summary: `No controller holds the Lease of member ${MEMBER}`,
    description: `Member ${MEMBER} responds, but no replica that is scraped holds its Lease, so nothing is written to it.`,
  },
  {
    alert: 'CatamaranInventoryMemberRejected',
    expr: `max by (${BY}) (catamaran_inventory_members{state="rejected"}) > 0`,
    for: '10m',
    severity: 'warning',
    summary: 'Objects of an inventory do not describe a member',
    description:
      '{{ $value }} Secrets or ClusterProfiles that the inventories select are rejected; their clusters are not members.',
  },
  {
    alert: 'CatamaranFleetFileRejected',
    expr: `min by (${BY}) (catamaran_config_last_reload_successful) == 0`,
    for: '5m',
    severity: 'warning',
    summary: 'The fleet file is rejected',
    description:
      'The fleet file is invalid or cannot be read. The last good configuration stays; a restart would not find it.',
  },
  {
    alert: 'CatamaranFleetFileHeld',
    expr: `max by (${BY_MEMBER}) (catamaran_config_held) == 1`,
    for: '15m',
    severity: 'warning',
    summary: `An edit of the fleet file waits for a confirmation: ${MEMBER}`,
    description: `The edit would remove most of what is served, so its part for ${MEMBER} (*: all members) does not apply until it is confirmed.`,
  },
  {
    alert: 'CatamaranWritesFailing',
    expr: `sum by (${BY_MEMBER}, resource) (increase(catamaran_writes_total{result="failed"}[15m])) > 0`,
    for: '15m',
    severity: 'warning',
    summary: `Writes to member ${MEMBER} fail`,
    description: `Member ${MEMBER} rejects writes of {{ $labels.resource }}, or does not respond to them.`,
  },
  {
    alert: 'CatamaranBacklog',
    expr: `sum by (${BY}) (min_over_time(catamaran_queue_depth{state="active"}[10m])) > 100`,
    for: '5m',
    severity: 'warning',
    summary: 'The controller does not keep up',
    description: 'For 10 minutes at least {{ $value }} Services have been waiting for their writes.',
  },
  {
    ...BURNING,
    expr: burn(14.4, '1h', '5m'),
    for: '2m',
    severity: 'critical',
  },
  {
    ...BURNING,
    expr: burn(6, '6h', '30m'),
    for: '15m',
    severity: 'warning',
  },
  {
    alert: 'CatamaranExportConflict',
    expr: `max by (${BY_MEMBER}, object) (catamaran_troubled_objects{kind="ServiceExport",reason="Conflict"}) == 1`,
    for: '10m',
    severity: 'warning',
    summary: `Export ${OBJECT} of member ${MEMBER} conflicts with another`,
    description: `The exports of ${OBJECT} differ between members, among them ${MEMBER}. One of them wins; the condition Conflict names field, members and values.`,
  },
  {
    alert: 'CatamaranEndpointsRefused',
    expr: `max by (${BY_MEMBER}, object, reason) (catamaran_troubled_objects{kind="ServiceExport",reason!="Conflict"}) == 1`,
    for: '10m',
    severity: 'warning',
    summary: `Endpoints of ${OBJECT} in member ${MEMBER} are left out`,
    description: `Endpoints of the export ${OBJECT} of member ${MEMBER} are not served ({{ $labels.reason }}); the condition catamaran.dev/EndpointsAccepted names them.`,
  },
  {
    alert: 'CatamaranImportWithoutEndpoints',
    expr: `max by (${BY_MEMBER}, object, reason) (catamaran_troubled_objects{kind="ServiceImport"}) == 1`,
    for: '10m',
    severity: 'warning',
    summary: `Import ${OBJECT} in member ${MEMBER} has no endpoints`,
    description: `Connections from member ${MEMBER} to ${OBJECT} fail ({{ $labels.reason }}); the condition catamaran.dev/EndpointsAvailable has the reason.`,
  },
];

export const DNS_ALERTS: readonly AlertRule[] = [
  {
    alert: 'CatamaranDNSAbsent',
    expr: 'absent(catamaran_dns_services)',
    for: '5m',
    severity: 'critical',
    summary: 'No Catamaran DNS server is scraped',
    description: 'No DNS server reports metrics. If none runs, names of the clusterset zone are not resolved.',
  },
  {
    alert: 'CatamaranDNSStale',
    expr: `max by (${BY}, instance) (catamaran_dns_api_lost_seconds) > 60`,
    for: '4m',
    severity: 'warning',
    summary: 'The DNS server {{ $labels.instance }} answers from old data',
    description:
      '{{ $labels.instance }} has had no response of the API server for {{ $value | humanizeDuration }}; its answers are those of before.',
  },
  {
    alert: 'CatamaranDNSFailing',
    expr: `sum by (${BY}) (rate(catamaran_dns_responses_total{rcode="SERVFAIL"}[5m]))\n/\nsum by (${BY}) (rate(catamaran_dns_responses_total[5m]))\n> 0.01`,
    for: '5m',
    severity: 'critical',
    summary: 'DNS queries of the clusterset zone fail',
    description: '{{ $value | humanizePercentage }} of the queries are answered with SERVFAIL.',
  },
];

const RUNBOOKS = 'https://catamaran.dev/docs/guides/alerts';

/** The rule as in a rule file of Prometheus. */
function ruleOf({ alert, expr, severity, summary, description, ...rest }: AlertRule) {
  const runbook_url = `${RUNBOOKS}#${alert.toLowerCase()}`;
  return { alert, expr, for: rest.for, labels: { severity }, annotations: { summary, description, runbook_url } };
}

export function ruleGroup(name: string, rules: readonly AlertRule[]) {
  return { name, rules: rules.map(ruleOf) };
}
