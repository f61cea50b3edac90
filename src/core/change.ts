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
 * Stages are applied in this order, the changes of one stage in any order: an endpoint that moves to a new slice, or to
 * one that grows, or out of one that shrinks, is added before it is removed, and a status reports what was written
 * before it. If two slices swap endpoints, one may be missing until both are written: a slice is written once.
 */
export const STAGES = ['import', 'service', 'slice', 'grow', 'change', 'shrink', 'prune', 'status'] as const;
export type Stage = (typeof STAGES)[number];

/** The object that a change is about. */
export interface Target {
  readonly member: string;
  readonly resource: WrittenResource;
  readonly namespace: string;
  readonly name: string;
}

/** The version of an object that a change was planned for; the API server refuses the change on any other. */
export interface Precondition {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** The precondition that a change of an observed object carries. */
export function preconditionOf({ metadata }: KubeObject): Precondition {
  return { uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' };
}

/** An Event to record once its change was written. */
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
  readonly notices?: readonly Notice[];
}

/** A POST; it fails if the name is taken, so that no object of another client is touched. */
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

/** One write to one member. */
export type Change = CreateChange | PatchChange | DeleteChange;
