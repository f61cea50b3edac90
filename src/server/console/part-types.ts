/** The parts of the API's answers; a part of `api-types.ts`. */
import type { ServiceImportType } from '../../api/multicluster.ts';
import type { FieldComparison } from '../../core/merge/conflicts.ts';

/** One endpoint of an exporter. */
export interface EndpointView {
  readonly addresses: readonly string[];
  readonly ready: boolean;
  readonly terminating?: boolean;
  readonly hostname?: string;
  readonly node?: string;
  readonly zone?: string;
  /** Why it is not announced. */
  readonly refused?: string;
}

/** Endpoints of one exporter; at most 200. */
export interface SourceEndpoints {
  readonly member: string;
  readonly endpoints: readonly EndpointView[];
  readonly total: number;
}

/** How pods of a member call the Service. */
export interface NamesToCall {
  readonly member: string;
  /** The shortest first. */
  readonly names: readonly string[];
}

/** How the exports of a Service are merged. */
export interface MergeView {
  readonly type: ServiceImportType;
  readonly ports: readonly PortView[];
  /** Exporting members, in order of precedence. */
  readonly precedence: readonly string[];
  /** Every field that exports can disagree on, with its winner. */
  readonly fields: readonly FieldComparison[];
  readonly conflict?: { readonly reason: string; readonly message: string };
  /** Members that may export it, but of which nothing is known, so that merged fields stay as they are. */
  readonly unknown: readonly string[];
}

export interface PortView {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly appProtocol?: string;
}

/** `GET /api/v1/services/NS/NAME/timeline`: the newest first; at most 200. */
export interface Timeline {
  readonly entries: readonly TimelineEntry[];
  /** Members whose Events could not be read, and why. */
  readonly missing: readonly { readonly member: string; readonly why: string }[];
}

export interface TimelineEntry {
  /** RFC 3339. */
  readonly at: string;
  readonly member: string;
  /** `object`: created. `condition`: last transition. `event`: of the cluster. `write`: by this controller. */
  readonly kind: 'object' | 'condition' | 'event' | 'write';
  readonly severity: 'normal' | 'warning';
  /** `ServiceExport`, `ServiceImport`, `Service`, `EndpointSlice`. */
  readonly object: string;
  readonly reason: string;
  readonly message: string;
  /** How often, of an Event. */
  readonly count?: number;
}

export interface Permission {
  readonly verb: string;
  /** As in RBAC: `serviceexports.multicluster.x-k8s.io/status`. */
  readonly resource: string;
  readonly allowed: boolean | null;
}

export interface BudgetLine {
  readonly what: 'exports' | 'exportsPerNamespace' | 'endpointsPerExport' | 'bytes';
  readonly used: number;
  readonly limit: number;
}

/**
 * Choices of the form that creates a multi-cluster Service: `GET /api/v1/members/NAME/namespaces`, and
 * `GET /api/v1/members/NAME/services?namespace=NS`, each at most 500, in order.
 */
export interface NamespaceChoices {
  readonly namespaces: readonly string[];
}

export interface ServiceChoices {
  readonly services: readonly ServiceChoice[];
  /** Whether there are more. */
  readonly truncated: boolean;
}

export interface ServiceChoice {
  readonly name: string;
  readonly type: string;
  readonly ports: readonly PortView[];
  readonly exported: boolean;
  /** Why it cannot be exported. */
  readonly refusal?: string;
}

/** What a session may do in one namespace. */
export interface Rights {
  readonly export: boolean;
  readonly unexport: boolean;
  readonly import: boolean;
  readonly unimport: boolean;
}

/** `GET /api/v1/writes?after=ID&service=NS/NAME&member=NAME`: the newest first; at most 500. */
export interface Writes {
  readonly source: 'controller' | 'events';
  readonly writes: readonly Write[];
  /** Entries that the bounded log no longer has; of `events`: always 0. */
  readonly dropped: number;
}

/** One write of a controller, or its attempt. */
export interface Write {
  /** Increases; of `events`: unique only. */
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly member: string;
  /** `event`: what was done is in `why`. */
  readonly op: 'create' | 'patch' | 'delete' | 'event';
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** The multi-cluster Service that it was about, `NS/NAME`, if known. */
  readonly service?: string;
  readonly why: string;
  readonly outcome: 'applied' | 'stale' | 'denied' | 'failed';
  /** What the API server said about a write that failed. */
  readonly refusal?: string;
  /** Time from the change in the source to this write. */
  readonly lagMs?: number;
}

export interface ServiceConflict {
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  /** Only fields that differ. */
  readonly fields: readonly FieldComparison[];
}
