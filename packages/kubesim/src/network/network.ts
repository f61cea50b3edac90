/** The public interface of the network between clusters. */
import type { DnsAnswer, Question } from './dns.ts';

/** A request. The scheme of the URL defaults to `http://`, as in curl. */
export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The response, or the failure: curl's exit code and message, as in `curl: (6) Could not resolve host: x`. */
export type HttpResult =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string;
    }
  | { readonly ok: false; readonly code: number; readonly message: string };

/** The pod that sends a request. */
export interface ClientName {
  /** Default: `default`. */
  readonly namespace?: string;
  /** Name of a running pod; its dnsConfig applies. Default: an anonymous pod of the namespace. */
  readonly pod?: string;
}

/** A request, and its source cluster, namespace and pod. */
export type RequestFrom = HttpRequest & ClientName & { readonly from: string };

export interface Network {
  /** Ports of the SOCKS5 proxies, by cluster. */
  readonly proxies: ReadonlyMap<string, number>;
  /**
   * Cuts or restores a link. Connections over a cut link are closed.
   *
   * @throws RangeError if the cluster does not exist.
   */
  setReachable(from: string, to: string, reachable: boolean): void;
  /**
   * Sends a request from a pod.
   *
   * @throws RangeError if the cluster or namespace does not exist, or the pod is not running.
   */
  request(request: RequestFrom): Promise<HttpResult>;
  /**
   * Sends a question to the DNS server of a cluster.
   *
   * @throws RangeError if the cluster does not exist.
   */
  ask(cluster: string, question: Question): Promise<DnsAnswer>;
}
