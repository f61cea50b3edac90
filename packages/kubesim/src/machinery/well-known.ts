/** Names and values that are defined by Kubernetes. */

/** Links an EndpointSlice to a Service of its own cluster. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** The controller that manages an EndpointSlice. */
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Makes kube-proxy ignore a Service or slice; meant only for slices of headless Services. */
export const HEADLESS = 'service.kubernetes.io/headless';

/** Time of the change that a slice reflects, in RFC 3339; set by the EndpointSlice controller. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

export type IPFamily = 'IPv4' | 'IPv6';

/** Layer-4 protocols of ports, in the order used in messages. */
export const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
