/** Names and values that Kubernetes itself gives a meaning to. */

/** Ties an EndpointSlice to a Service of its own cluster. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** Which controller keeps an EndpointSlice. */
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Makes kube-proxy skip a Service or slice; right only on the slices of headless Services. */
export const HEADLESS = 'service.kubernetes.io/headless';

/** Time of the change that a slice tells of, RFC 3339; set by the EndpointSlice controller. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** The address families of a Service. */
export type IPFamily = 'IPv4' | 'IPv6';

/** Layer-4 protocols of ports, in the order in which messages list them. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
