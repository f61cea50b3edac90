/** The JSON of the API's requests that change something; a part of `api-types.ts`. */
import type { ServiceExport, ServiceImport } from '../../api/multicluster.ts';
import type { ExportPreview } from '../../sharing/export-preview.ts';
import type { ImportPreview } from '../../sharing/import-preview.ts';
import type { ImportRemoval, Unexport } from '../../sharing/removal-preview.ts';

export type { ExportPreview, ImportPreview, ImportRemoval, Unexport };

/** Body of the requests about one Service in one member. */
export interface ShareRequest {
  readonly namespace: string;
  readonly name: string;
  readonly member: string;
}

/** Body of `POST /api/v1/exports`. Without `acceptConflict`, a conflict is an error. */
export interface ExportRequest extends ShareRequest {
  readonly acceptConflict?: boolean;
}

/** Body of `POST /api/v1/imports`: `provider` is a member that is about to export it, if none does yet. */
export interface ImportRequest extends ShareRequest {
  readonly provider?: string;
}

/** Body of `POST /api/v1/preview`: what an export, and imports into members whose import mode is Manual, would do. */
export interface CreatePreviewRequest extends ShareRequest {
  readonly consumers: readonly string[];
}

export interface CreatePreview {
  readonly export: ExportPreview;
  /** In the order of the request. */
  readonly imports: readonly ConsumerPreview[];
  readonly objects: readonly PlannedObject[];
}

export interface ConsumerPreview extends ImportPreview {
  /** `automatic`: the controller creates the import. `manual`: `POST /api/v1/imports` does. */
  readonly by: 'automatic' | 'manual';
  readonly names: readonly string[];
}

/** An object that would be created. */
export interface PlannedObject {
  readonly member: string;
  readonly object: ServiceExport | ServiceImport;
  readonly yaml: string;
}

/**
 * `POST /api/v1/exports` and `/imports`, and `DELETE /api/v1/exports/NS/NAME?member=M` and `/imports/…`. With
 * `?dryRun=true`, nothing is written, and the answer is what would be done. 200 if there was nothing to do.
 */
export interface ExportResult {
  readonly done: 'created' | 'unchanged' | 'planned';
  readonly preview: ExportPreview;
  readonly objects: readonly PlannedObject[];
}

export interface ImportResult {
  readonly done: 'created' | 'unchanged' | 'planned';
  readonly preview: ImportPreview;
  readonly objects: readonly PlannedObject[];
}

export interface UnexportResult {
  readonly done: 'deleted' | 'unchanged' | 'planned';
  readonly preview: Unexport;
}

export interface UnimportResult {
  readonly done: 'deleted' | 'unchanged' | 'planned';
  readonly preview: ImportRemoval;
}

/** Body of `POST /api/v1/requests`: send an HTTP request from a pod of a member. */
export interface LiveRequest {
  readonly namespace: string;
  readonly name: string;
  /** Member whose pod sends it. */
  readonly from: string;
  /** Namespace of the pod. Default: that of the Service. */
  readonly fromNamespace?: string;
  /** Default: the first port of the import. */
  readonly port?: number;
  /** How long to try, in seconds, 1 to 60. Default: 15. */
  readonly timeoutSeconds?: number;
}

/** A line of the answer (application/x-ndjson): attempts until one succeeds or the time is over, then `done`. */
export type LiveRequestLine =
  | { readonly kind: 'attempt'; readonly at: string; readonly url: string; readonly ok: boolean; readonly seen: string }
  | {
      readonly kind: 'done';
      readonly ok: boolean;
      readonly url: string;
      /** Of the answer; absent if there was none. */
      readonly status?: number;
      /** Start of the body; at most 4,096 characters. */
      readonly body?: string;
      readonly seen: string;
    };
