/** Labels and annotations: the field's, and our own. */

/** Ties an EndpointSlice to a Service of its own cluster. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** Ties an imported EndpointSlice to its ServiceImport. KEP-1645, "Using EndpointSlice objects to track endpoints". */
export const MCS_SERVICE_NAME = 'multicluster.kubernetes.io/service-name';

/** Name of the member that an imported EndpointSlice comes from. Same section of the KEP. */
export const SOURCE_CLUSTER = 'multicluster.kubernetes.io/source-cluster';

/** Which controller keeps an EndpointSlice. */
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Makes kube-proxy skip a Service or slice; right only on the slices of headless Services. */
export const HEADLESS = 'service.kubernetes.io/headless';

/** Makes kube-proxy leave a Service or slice to somebody else: never on what we make. */
export const SERVICE_PROXY_NAME = 'service.kubernetes.io/service-proxy-name';

/** Time of the change that a slice tells of, RFC 3339; set by the EndpointSlice controller. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Our value of {@link SLICE_MANAGED_BY} and of {@link MANAGED_BY}. */
export const MANAGER = 'catamaran.dev';

/** Owner of the fields that we write, in `metadata.managedFields`. */
export const FIELD_MANAGER = 'catamaran';

/** On derived Services: who keeps the object. Recommended label of the Kubernetes docs. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** On every object we made: the ServiceImport that it belongs to. */
export const DERIVED_FROM = 'catamaran.dev/derived-from';

/** On ServiceImports: `automatic` where we made it. An export cannot set it. */
export const IMPORT_ORIGIN = 'catamaran.dev/import-origin';
export const IMPORT_ORIGIN_AUTOMATIC = 'automatic';

/**
 * On ServiceImports that we made: a JSON object `{labels: [...], annotations: [...]}` of the keys that exports gave,
 * so that a key an export gives no more is removed and a key that somebody else added is left alone.
 */
export const EXPORTED_KEYS = 'catamaran.dev/exported-keys';

/** Domains whose keys an export may not set on a ServiceImport, with their subdomains. */
export const RESERVED_KEY_DOMAINS = ['kubernetes.io', 'k8s.io', 'catamaran.dev'] as const;
