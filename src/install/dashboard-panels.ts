/** What the Grafana dashboard shows, in order. */
import { OBJECTIVE } from './alert-rules.ts';

export interface Panel {
  readonly title: string;
  readonly description: string;
  /** Of Grafana: `short` is a number without one. */
  readonly unit: 'short' | 's' | 'ops' | 'percentunit' | 'bytes' | 'reqps';
  readonly type: 'stat' | 'timeseries' | 'table';
  readonly width: number;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const MEMBERS = 'member=~"$member"';

const quantile = (q: number, by: string, metric: string, labels: string) =>
  `histogram_quantile(${q}, sum by (${by}, le) (rate(${metric}_bucket{${labels}}[$__rate_interval])))`;

export const ROWS: readonly Row[] = [
  {
    title: 'Fleet',
    panels: [
      {
        title: 'Members ready',
        description: 'Members whose API server responds and that have been listed, as one replica sees them.',
        unit: 'short',
        type: 'stat',
        width: 4,
        queries: [{ expr: 'max(catamaran_members{state="ready"})', legend: 'ready' }],
      },
      {
        title: 'Members not ready',
        description: 'Unreachable, never listed, or refused.',
        unit: 'short',
        type: 'stat',
        width: 4,
        queries: [{ expr: 'max by (state) (catamaran_members{state!="ready"})', legend: '{{state}}' }],
      },
      {
        title: 'Members without a controller',
        description: 'No replica holds their Lease, so nothing is written to them.',
        unit: 'short',
        type: 'stat',
        width: 4,
        queries: [
          { expr: 'count(max by (member) (catamaran_member_lease_held) == 0) or vector(0)', legend: 'members' },
        ],
      },
      {
        title: 'Fleet file in effect',
        description: '1 if the fleet file is in effect; parts that are held back wait for a confirmation.',
        unit: 'short',
        type: 'stat',
        width: 4,
        queries: [
          { expr: 'min(catamaran_config_last_reload_successful)', legend: 'in effect' },
          { expr: 'count(max by (member) (catamaran_config_held)) or vector(0)', legend: 'held back' },
        ],
      },
      {
        title: `Changes within ${OBJECTIVE.seconds} s`,
        description: `The service level indicator over the selected time; the objective is ${100 * OBJECTIVE.share}%.`,
        unit: 'percentunit',
        type: 'stat',
        width: 8,
        queries: [
          {
            expr: `sum(increase(catamaran_propagation_seconds_bucket{le="${OBJECTIVE.seconds}"}[$__range])) / sum(increase(catamaran_propagation_seconds_count[$__range]))`,
            legend: 'all members',
          },
        ],
      },
    ],
  },
  {
    title: 'Members',
    panels: [
      {
        title: 'State',
        description: 'The state of each member, as the replicas see it.',
        unit: 'short',
        type: 'table',
        width: 8,
        queries: [
          { expr: `max by (member, state) (catamaran_member_state{${MEMBERS}})`, legend: '{{member}} {{state}}' },
        ],
      },
      {
        title: 'Time since the last response',
        description: 'Of the API server of each member.',
        unit: 's',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: `time() - max by (member) (catamaran_member_last_seen_timestamp_seconds{${MEMBERS}})`,
            legend: '{{member}}',
          },
        ],
      },
      {
        title: 'Restarts of watches',
        description: 'By reason. Watches that end on their own are normal.',
        unit: 'ops',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: `sum by (member, reason) (rate(catamaran_watch_restarts_total{${MEMBERS},reason!="ended"}[$__rate_interval]))`,
            legend: '{{member}} {{reason}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Propagation',
    panels: [
      {
        title: 'Time from a change to its write',
        description: 'From the change of endpoints in the source to the write in the consumer.',
        unit: 's',
        type: 'timeseries',
        width: 8,
        queries: [0.5, 0.99].map((q) => ({
          expr: quantile(q, 'member', 'catamaran_propagation_seconds', MEMBERS),
          legend: `{{member}} p${100 * q}`,
        })),
      },
      {
        title: 'Writes',
        description: 'By result. stale: planned again, as the object had changed.',
        unit: 'ops',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: `sum by (member, result) (rate(catamaran_writes_total{${MEMBERS}}[$__rate_interval]))`,
            legend: '{{member}} {{result}}',
          },
        ],
      },
      {
        title: 'Queue',
        description: 'Services that wait for their writes, and those that are retried later.',
        unit: 'short',
        type: 'timeseries',
        width: 8,
        queries: [{ expr: 'sum by (state) (catamaran_queue_depth)', legend: '{{state}}' }],
      },
    ],
  },
  {
    title: 'Services',
    panels: [
      {
        title: 'Exports and imports',
        description: 'Objects in each member.',
        unit: 'short',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: `max by (member, kind) (catamaran_objects{${MEMBERS},kind=~"ServiceExport|ServiceImport"})`,
            legend: '{{member}} {{kind}}',
          },
        ],
      },
      {
        title: 'Endpoints left out',
        description: 'Endpoints of exports whose addresses the member may not announce.',
        unit: 'short',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: `max by (member, result) (catamaran_endpoints{${MEMBERS},result!="accepted"})`,
            legend: '{{member}} {{result}}',
          },
        ],
      },
      {
        title: 'Exports and imports with a problem',
        description: 'By name, at most 20 of each kind and reason in a member.',
        unit: 'short',
        type: 'table',
        width: 8,
        queries: [
          {
            expr: `max by (member, kind, object, reason) (catamaran_troubled_objects{${MEMBERS}})`,
            legend: '{{member}} {{kind}} {{object}} {{reason}}',
          },
        ],
      },
    ],
  },
  {
    title: 'DNS',
    panels: [
      {
        title: 'Responses',
        description: 'By response code.',
        unit: 'reqps',
        type: 'timeseries',
        width: 8,
        queries: [
          { expr: 'sum by (rcode) (rate(catamaran_dns_responses_total[$__rate_interval]))', legend: '{{rcode}}' },
        ],
      },
      {
        title: 'Time of a response',
        description: 'Inside the server.',
        unit: 's',
        type: 'timeseries',
        width: 8,
        queries: [
          {
            expr: 'histogram_quantile(0.99, sum by (transport, le) (rate(catamaran_dns_response_seconds_bucket[$__rate_interval])))',
            legend: '{{transport}} p99',
          },
        ],
      },
      {
        title: 'Time without the API server',
        description: 'While it does not respond, answers are those of before.',
        unit: 's',
        type: 'timeseries',
        width: 8,
        queries: [{ expr: 'max by (instance) (catamaran_dns_api_lost_seconds)', legend: '{{instance}}' }],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'Memory',
        description: 'Resident memory.',
        unit: 'bytes',
        type: 'timeseries',
        width: 12,
        queries: [
          {
            expr: 'process_resident_memory_bytes * on (job, instance) group_left (version) catamaran_build_info',
            legend: '{{instance}} {{version}}',
          },
        ],
      },
      {
        title: 'Lag of the event loop',
        description: 'p99. Leases are renewed by the same loop.',
        unit: 's',
        type: 'timeseries',
        width: 12,
        queries: [
          {
            expr: 'nodejs_eventloop_lag_p99_seconds * on (job, instance) group_left () catamaran_build_info',
            legend: '{{instance}}',
          },
        ],
      },
    ],
  },
];
