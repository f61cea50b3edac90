/** Metrics of the DNS server. `docs/reference/metrics.md` is generated from these definitions. */
import { Counter, Gauge, Registry } from 'prom-client';
import { rcodeName, TYPE, typeName } from '../wire/protocol.ts';

export type DnsTransport = 'udp' | 'tcp';

/** Why a packet got no response, or not the regular one. */
export type Unanswered = 'not-a-query' | 'rate-limited' | 'fault' | 'not-sent';

/** Bucket bounds in seconds. Most responses are cached and take a few microseconds. */
const SECONDS = [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1];

/** Types with their own series. All others count as `other`, so that clients cannot create series. */
const TYPES: ReadonlySet<number> = new Set(Object.values(TYPE));

/** Values read at scrape time. */
export interface DnsGauges {
  readonly services: number;
  readonly names: number;
  readonly connections: number;
  /** Seconds since the API server became unreachable; 0 while it responds. */
  readonly lostSeconds: number;
}

class Bins {
  readonly counts: number[] = Array(SECONDS.length + 1).fill(0);
  sum = 0;

  observe(seconds: number): void {
    let bin = 0;
    while (bin < SECONDS.length && seconds > (SECONDS[bin] ?? 0)) bin++;
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
    this.sum += seconds;
  }

  /** In the Prometheus text format. */
  lines(name: string, label: string): string[] {
    let total = 0;
    const buckets = this.counts.map((count, bin) => {
      total += count;
      return `${name}_bucket{${label},le="${SECONDS[bin] ?? '+Inf'}"} ${total}`;
    });
    return [...buckets, `${name}_sum{${label}} ${this.sum}`, `${name}_count{${label}} ${total}`];
  }
}

/** A registry with its own histogram: one observation in prom-client's costs as much as a DNS response. */
class DnsRegistry extends Registry {
  readonly bins: Readonly<Record<DnsTransport, Bins>> = { udp: new Bins(), tcp: new Bins() };

  override async metrics(): Promise<string> {
    const name = 'catamaran_dns_response_seconds';
    const lines = [
      `# HELP ${name} Time from a query to its response inside the server.`,
      `# TYPE ${name} histogram`,
      ...this.bins.udp.lines(name, 'transport="udp"'),
      ...this.bins.tcp.lines(name, 'transport="tcp"'),
    ];
    return `${await super.metrics()}\n${lines.join('\n')}\n`;
  }
}

/** The metrics of the DNS server, in their own registry. Labels are built at scrape time, so counting is cheap. */
export class DnsMetrics {
  readonly #registry = new DnsRegistry();
  /** Keyed by transport, type and response code, packed into one number. */
  readonly #responses = new Map<number, number>();
  readonly #unanswered = new Map<Unanswered, number>();

  constructor() {
    const registers = [this.#registry];
    const [responses, unanswered] = [this.#responses, this.#unanswered];
    new Counter({
      name: 'catamaran_dns_responses_total',
      help: 'Responses, by transport, query type and response code. Types without a series of their own are counted as other.',
      labelNames: ['transport', 'type', 'rcode'],
      registers,
      collect() {
        this.reset();
        for (const [key, count] of responses) this.inc(responseLabels(key), count);
      },
    });
    new Counter({
      name: 'catamaran_dns_unanswered_total',
      help: 'Packets without the regular response, by reason: not-a-query; rate-limited, every second of which is sent to TCP; fault, an internal error that returns SERVFAIL; not-sent, rejected by the operating system.',
      labelNames: ['reason'],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of unanswered) this.inc({ reason }, count);
      },
    });
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** @param ms milliseconds from query to response. */
  answered(transport: DnsTransport, type: number, rcode: number, ms: number): void {
    const key = (transport === 'udp' ? 0 : 1 << 21) | ((TYPES.has(type) ? type : 0) << 5) | rcode;
    this.#responses.set(key, (this.#responses.get(key) ?? 0) + 1);
    this.#registry.bins[transport].observe(ms / 1000);
  }

  unanswered(reason: Unanswered): void {
    this.#unanswered.set(reason, (this.#unanswered.get(reason) ?? 0) + 1);
  }

  /** Registers gauges whose values `read` returns at scrape time. */
  gauge(read: () => DnsGauges): void {
    const registers = [this.#registry];
    const add = (name: string, help: string, field: keyof DnsGauges) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read()[field]);
        },
      });
    add('catamaran_dns_services', 'ServiceImports served.', 'services');
    add('catamaran_dns_names', 'Names with prepared responses.', 'names');
    add('catamaran_dns_tcp_connections', 'Open TCP connections.', 'connections');
    add(
      'catamaran_dns_api_lost_seconds',
      'Seconds since the API server became unreachable; 0 while it responds.',
      'lostSeconds',
    );
  }
}

function responseLabels(key: number): { transport: DnsTransport; type: string; rcode: string } {
  const type = (key >> 5) & 0xffff;
  return {
    transport: key & (1 << 21) ? 'tcp' : 'udp',
    type: type === 0 ? 'other' : typeName(type),
    rcode: rcodeName(key & 0x1f),
  };
}
