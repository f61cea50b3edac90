/** The network between clusters as its users see it. */
import type { DnsAnswer, Question } from './dns.ts';

/** A request. A URL without a scheme means `http://`, as curl guesses. */
export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The response, or why there is none: curl's exit code, and its message as in `curl: (6) Could not resolve host: x`. */
export type HttpResult =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string;
    }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** Which pod sends a request. */
export interface ClientName {
  /** Default: `default`. */
  readonly namespace?: string;
  /** A running pod; its dnsConfig applies. Default: any pod of the namespace. */
  readonly pod?: string;
}

/** A request, and the cluster, namespace and pod that it comes from. */
export type RequestFrom = HttpRequest & ClientName & { readonly from: string };

/** A running network. */
export interface Network {
  /** Ports of the SOCKS5 proxies, by cluster. */
  readonly proxies: ReadonlyMap<string, number>;
  /** Cuts or heals a link; connections over a cut link end. Throws a RangeError for an unknown cluster. */
  setReachable(from: string, to: string, reachable: boolean): void;
  /** Sends a request from a pod. Throws a RangeError for an unknown cluster or namespace, or a pod that is not running. */
  request(request: RequestFrom): Promise<HttpResult>;
  /** Asks the DNS server of a cluster. Throws a RangeError for an unknown cluster. */
  ask(cluster: string, question: Question): Promise<DnsAnswer>;
}
