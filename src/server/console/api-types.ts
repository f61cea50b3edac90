/**
 * The JSON of the console's API. `packages/console` imports these types, and nothing else of the program: what the page
 * shows has the shape of what the commands print.
 *
 * Every text that comes from a cluster (names, messages, reasons) is data. A page inserts it as text, never as markup.
 */
import type { ServiceImportType } from '../../api/multicluster.ts';
import type { FieldComparison } from '../../core/merge/conflicts.ts';
import type { Attention } from '../../inspect/attention.ts';
import type { Explanation } from '../../inspect/explain/explanation.ts';
import type { MemberReport } from '../../inspect/member-report.ts';
import type { ExportState, ImportState, ServiceReport, ServiceState } from '../../inspect/service-report.ts';
import type {
  BudgetLine,
  MergeView,
  NamesToCall,
  Permission,
  Rights,
  ServiceConflict,
  SourceEndpoints,
} from './part-types.ts';

export type * from './change-types.ts';
export type * from './part-types.ts';
export type { Attention, Explanation, FieldComparison };

/** Body of every response with a status of 400 or above. `code` is one of docs/reference/errors.md. */
export interface ApiProblem {
  readonly code: string;
  readonly message: string;
  /** Field of the request that is wrong. */
  readonly field?: string;
  /** Of 401: how to sign in. */
  readonly login?: Login;
}

/** `code`: by the one-time address that the program printed. `token`: by a bearer token, in `POST /api/v1/session`. */
export type Login = 'code' | 'token';

/** `GET /api/v1/session`; 401 without one. */
export interface Session {
  /** Name of the user whose token it is; absent for the local user. */
  readonly user?: string;
  /** Value of the header `x-catamaran-csrf` of every request that is not a GET. */
  readonly csrf: string;
  /** Whether the console was started with `--write`. The user's rights apply in addition. */
  readonly write: boolean;
  /** Whether `POST /api/v1/requests` can send a real request, and if not, why not. */
  readonly requests: { readonly available: true } | { readonly available: false; readonly why: string };
  /** `controller`: the log of this process. `events`: the Events that a controller recorded in the members. */
  readonly writesFrom: 'controller' | 'events';
  /** Whether the session sees all namespaces. If not, members are shown without details. */
  readonly allNamespaces: boolean;
  readonly clustersetDomain: string;
  /** `metadata.name` of the fleet file. */
  readonly fleet?: string;
  /** Of the program. */
  readonly version: string;
}

/** Body of `POST /api/v1/session`, answered with a {@link Session} and a cookie. `DELETE` ends the session. */
export interface SignIn {
  readonly token: string;
}

/** A member in the overview. The counts are of what the session may see. */
export interface MemberSummary extends MemberReport {
  /** When it last responded, RFC 3339; absent while it is ready, or if it never did. */
  readonly lastSeen?: string;
  /** Time from a change in a source to the write here, of the last writes; absent without the controller's own log. */
  readonly lag?: { readonly p50Ms: number; readonly maxMs: number; readonly writes: number };
}

/** One export of a Service in the matrix. */
export interface ExportCell {
  readonly member: string;
  readonly state: ExportState;
  /** Present if the state needs an explanation. */
  readonly reason?: string;
  readonly ready: number;
  readonly total: number;
}

/** One import of a Service in the matrix. */
export interface ImportCell {
  readonly member: string;
  readonly state: ImportState;
  readonly reason?: string;
  /** Ready endpoints of all exporters. */
  readonly ready: number;
  /** Another implementation that manages the import. */
  readonly managedBy?: string;
}

/** A row of the matrix. */
export interface ServiceSummary {
  readonly namespace: string;
  readonly name: string;
  readonly state: ServiceState;
  /** Absent if nothing is imported. */
  readonly type?: ServiceImportType;
  readonly exports: readonly ExportCell[];
  readonly imports: readonly ImportCell[];
}

/** Identifies a state of the fleet, as in the messages of `GET /api/v1/events`. A larger one is newer. */
export type Revision = number;

/** `GET /api/v1/clusterset`: everything but the rows. */
export interface Overview {
  readonly revision: Revision;
  readonly members: readonly MemberSummary[];
  readonly totals: {
    readonly services: number;
    readonly exports: number;
    readonly imports: number;
    /** Services with an export in conflict. */
    readonly conflicts: number;
    readonly attention: number;
  };
  /** Services by state. */
  readonly states: Partial<Record<ServiceState, number>>;
  /** What to look at first, in that order; the first 200 of `totals.attention`. */
  readonly attention: readonly Attention[];
}

/**
 * `GET /api/v1/services?after=NS/NAME&limit=N`: rows in order of namespace and name. `?keys=NS/NAME,…` (at most 200)
 * returns only those that exist, to update rows after a `change`.
 */
export interface ServicePage {
  readonly revision: Revision;
  readonly services: readonly ServiceSummary[];
  /** Value of `after` for the next page; absent if this is the last one. */
  readonly next?: string;
}

/** `GET /api/v1/conflicts`: Services with an export in conflict; the first 500. */
export interface Conflicts {
  readonly revision: Revision;
  readonly conflicts: readonly ServiceConflict[];
  readonly total: number;
}

/** `GET /api/v1/services/NS/NAME`; 404 if no member exports or imports it. */
export interface ServiceDetail {
  readonly revision: Revision;
  readonly report: ServiceReport;
  /** Absent if no export is valid. */
  readonly merge?: MergeView;
  readonly sources: readonly SourceEndpoints[];
  /** Of each importer. */
  readonly names: readonly NamesToCall[];
  /** What the session may change; all false without `--write`. */
  readonly may: Rights;
}

/** `GET /api/v1/services/NS/NAME/explain?consumer=MEMBER` is an {@link Explanation}; all importers by default. */

/** `GET /api/v1/members/NAME`. Fields other than those of the summary are present only if all namespaces are visible. */
export interface MemberDetail extends MemberSummary {
  readonly revision: Revision;
  readonly ranges?: {
    readonly pods: readonly string[];
    readonly services: readonly string[];
    readonly nodes: readonly string[];
    readonly others: readonly string[];
    readonly ipFamilies: readonly string[];
    /** `Known`: only addresses in these networks are imported. */
    readonly accepts: 'Known' | 'Any';
  };
  readonly importMode?: 'Automatic' | 'Manual';
  /** UID of the cluster. */
  readonly clusterId?: string;
  /** Of this console's credentials in the member; null if it could not be asked. */
  readonly permissions?: readonly Permission[];
  /** What the member may cost, and what of it is used. */
  readonly budget?: readonly BudgetLine[];
}

/** `GET /api/v1/topology`: what flows between members. At most 500 members and 5,000 flows, the largest first. */
export interface Topology {
  readonly revision: Revision;
  readonly members: readonly MemberSummary[];
  readonly flows: readonly Flow[];
  readonly totalFlows: number;
}

/** Ready endpoints of one member that another one has. */
export interface Flow {
  readonly from: string;
  readonly to: string;
  readonly services: number;
  readonly endpoints: number;
}

/**
 * Messages of `GET /api/v1/events` (text/event-stream): `event: snapshot` first, and again if changes were missed, after
 * which everything is fetched again; `event: change`; `event: expired` if the session ends. The ID of a message is sent
 * back as Last-Event-ID, so that a short loss is caught up by changes alone. Comments every 15 s show that the
 * connection lives.
 */
export interface SnapshotMessage {
  readonly revision: Revision;
}

export interface ChangeMessage {
  readonly revision: Revision;
  /** `NS/NAME` of Services that changed, exist no longer or are new. */
  readonly services: readonly string[];
  readonly members: readonly string[];
  /** The rows of `services` that exist; absent if they are too large, and are to be fetched by `keys`. */
  readonly rows?: readonly ServiceSummary[];
  /** So much changed that all rows are to be fetched again; `services` is empty then. */
  readonly all?: true;
}
