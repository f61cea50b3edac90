/** The output of the planner: writes as plain data, which the controller applies and the dry run prints. */
import type { ObjectReference } from '../api/core.ts';
import type { JsonObject } from '../api/json.ts';
import type { KubeObject } from '../api/meta.ts';
import type { RESOURCES } from '../api/resources.ts';

/** Resources that the engine writes. */
export type WrittenResource = keyof Pick<
  typeof RESOURCES,
  'services' | 'endpointSlices' | 'serviceExports' | 'serviceImports'
>;

/**
 * Stages are applied in this order, the changes within a stage in any order. So an endpoint that moves to a new or
 * growing slice, or out of a shrinking one, is added before it is removed; a Service whose ports are renamed follows its
 * slices, which have both names; and a status is written last. If two slices
 * swap endpoints, one may be missing until both are written, since each slice is written once.
 */
export const STAGES = ['import', 'service', 'slice', 'grow', 'change', 'shrink', 'rename', 'prune', 'status'] as const;
export type Stage = (typeof STAGES)[number];

/** The object that a change is about. */
export interface Target {
  readonly member: string;
  readonly resource: WrittenResource;
  readonly namespace: string;
  readonly name: string;
}

/** The version of an object that a change was planned for; the API server rejects the change on any other. */
export interface Precondition {
  readonly uid: string;
  readonly resourceVersion: string;
}

export function preconditionOf({ metadata }: KubeObject): Precondition {
  return { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' };
}

/** An Event to record once its change has been written. */
export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly regarding: ObjectReference;
}

interface ChangeBase extends Target {
  readonly stage: Stage;
  /** Reason for logs and the dry run: `endpoints of "cluster1" changed`. */
  readonly why: string;
  /** Of a derived slice: the member that its endpoints come from. */
  readonly source?: string;
  readonly notices?: readonly Notice[];
  /** Of a report that is not repeated if another client removes it: what it is about. */
  readonly once?: string;
  /** Of a patch of a slice whose source changed since the last write: when, RFC 3339. */
  readonly changedAt?: string;
}

/** A POST, which fails if the name exists, so that no object of another client is touched. */
export interface CreateChange extends ChangeBase {
  readonly op: 'create';
  readonly object: JsonObject;
}

/** A JSON merge patch (RFC 7386) of the fields that Catamaran sets, on the observed version. */
export interface PatchChange extends ChangeBase {
  readonly op: 'patch';
  readonly subresource?: 'status';
  readonly precondition: Precondition;
  readonly patch: JsonObject;
}

/** A DELETE of the observed version. */
export interface DeleteChange extends ChangeBase {
  readonly op: 'delete';
  readonly precondition: Precondition;
}

export type Change = CreateChange | PatchChange | DeleteChange;
