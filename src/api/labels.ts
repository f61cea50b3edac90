/** Labels and annotations, standard ones and those of Catamaran. */

/** Ties an EndpointSlice to a Service of its own cluster. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

/** Ties an imported EndpointSlice to its ServiceImport. KEP-1645, "Using EndpointSlice objects to track endpoints". */
export const MCS_SERVICE_NAME = 'multicluster.kubernetes.io/service-name';

/** Name of the member that is the source of an imported EndpointSlice. Same section of the KEP. */
export const SOURCE_CLUSTER = 'multicluster.kubernetes.io/source-cluster';

/** The controller that manages an EndpointSlice. */
export const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Value of {@link SLICE_MANAGED_BY} on slices of the EndpointSlice controller of Kubernetes. */
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

/** Makes kube-proxy skip a Service or slice; appropriate only on slices of headless Services. */
export const HEADLESS = 'service.kubernetes.io/headless';

/** Makes kube-proxy leave a Service or slice to another proxy; never set on objects of Catamaran. */
export const SERVICE_PROXY_NAME = 'service.kubernetes.io/service-proxy-name';

/** Time of the last change that triggered an update of a slice, RFC 3339; set by the EndpointSlice controller. */
export const LAST_CHANGE_TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Value of {@link SLICE_MANAGED_BY} and {@link MANAGED_BY} on objects of Catamaran. */
export const MANAGER = 'catamaran.dev';

/** Field manager of the controller's writes, in `metadata.managedFields`. */
export const FIELD_MANAGER = 'catamaran';

/** Field manager of what users create by commands, which is theirs, as with kubectl. */
export const USER_FIELD_MANAGER = 'catamaran-cli';

/** On derived Services: the manager of the object. Recommended label of the Kubernetes docs. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** On every object of Catamaran: the ServiceImport that it belongs to. */
export const DERIVED_FROM = 'catamaran.dev/derived-from';

/** Set by client-side `kubectl apply`, with the manifest; Kubernetes reference, well-known annotations. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** On ServiceImports: `automatic` if Catamaran created it. An export cannot set it. */
export const IMPORT_ORIGIN = 'catamaran.dev/import-origin';
export const IMPORT_ORIGIN_AUTOMATIC = 'automatic';

/**
 * On ServiceImports that Catamaran created: a JSON object `{labels: [...], annotations: [...]}` with the keys set from
 * exports, so that a key that is no longer exported is removed, and a key that another client added is not.
 */
export const EXPORTED_KEYS = 'catamaran.dev/exported-keys';

/**
 * On ServiceImports: name of the derived Service. Gateways that route to a Service find it by this annotation; the
 * reference implementation sets it, too (mcs-api, pkg/controllers).
 */
export const DERIVED_SERVICE = 'multicluster.kubernetes.io/derived-service';

/** Domain of annotations with the fields of a ServiceImport that its CRD lacks: `<domain>/spec.ipFamilies`, as JSON. */
export const KEPT_FIELDS = 'fields.catamaran.dev';

/** On Secrets that describe a member: {@link MEMBER_SECRET}. */
export const SECRET_TYPE = 'catamaran.dev/secret-type';
export const MEMBER_SECRET = 'member';

/** Domains, including subdomains, whose keys an export cannot set on a ServiceImport. */
export const RESERVED_KEY_DOMAINS = ['kubernetes.io', 'k8s.io', 'catamaran.dev'] as const;
