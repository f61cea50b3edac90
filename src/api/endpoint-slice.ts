/** discovery.k8s.io/v1 EndpointSlice, reduced to the fields that multi-cluster Services need. */
import type { Protocol } from './core.ts';
import type { KubeObject } from './meta.ts';

/** Kind of the addresses of a slice; immutable in the API. */
export type AddressType = 'IPv4' | 'IPv6' | 'FQDN';

/** State of an endpoint; `ready` absent means ready (EndpointConditions, discovery/v1). */
export interface EndpointConditions {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: EndpointConditions;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[] };
}

/** A port of a slice; `port` is the target port, and absent means every port. */
export interface EndpointPort {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly port?: number;
  readonly appProtocol?: string;
}

export interface EndpointSlice extends KubeObject {
  readonly apiVersion: 'discovery.k8s.io/v1';
  readonly kind: 'EndpointSlice';
  readonly addressType: AddressType;
  readonly endpoints: readonly Endpoint[];
  readonly ports?: readonly EndpointPort[];
}
