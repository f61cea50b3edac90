/** Ordered writes of cluster objects, with rollback if one fails. */
import { asText, type JsonObject, metadataOf } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import type { KubeClient, ObjectName } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

export interface ObjectEdit {
  readonly resource: Resource;
  readonly title: string;
  /** As read; absent to create it. The write fails with a conflict if its resourceVersion is no longer current. */
  readonly before?: JsonObject;
  /** Absent to delete it. */
  readonly after?: JsonObject;
  /** The diff to print. */
  readonly lines: readonly string[];
}

/** What {@link undo} needs to take written edits back. */
export interface Written {
  readonly edit: ObjectEdit;
  readonly version: string | undefined;
}

/**
 * Writes the edits in order. If a write fails, including on a conflict, the earlier ones are rolled back.
 *
 * @throws CTM_DNS if the rollback failed, too; otherwise the error of the write.
 */
export async function applyEdits(client: KubeClient, edits: readonly ObjectEdit[]): Promise<readonly Written[]> {
  const done: Written[] = [];
  for (const edit of edits) {
    try {
      done.push({ edit, version: await write(client, edit) });
    } catch (error) {
      const failures = await undo(client, done);
      if (failures.length === 0) throw error;
      const rollback = `rollback failed (${failures.join('; ')}); run the command again`;
      throw new CatamaranError('CTM_DNS', `${messageOf(error)}; ${rollback}`, { cause: error });
    }
  }
  return done;
}

/** Takes edits back, last one first; returns the failures. What another client has changed since is not overwritten. */
export async function undo(client: KubeClient, written: readonly Written[]): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const { edit, version } of written.toReversed()) {
    const { before, after, ...rest } = edit;
    const inverse = { ...rest, ...(after && { before: versioned(after, version) }), ...(before && { after: before }) };
    await write(client, inverse, version).catch((failure: unknown) =>
      failures.push(`${edit.title}: ${messageOf(failure)}`),
    );
  }
  return failures;
}

/** Returns the resourceVersion of the written object. */
async function write(
  client: KubeClient,
  edit: Omit<ObjectEdit, 'lines'>,
  version?: string,
): Promise<string | undefined> {
  const { resource, before, after } = edit;
  if (!after) {
    const metadata = before && metadataOf(before);
    const resourceVersion = asText(metadata?.resourceVersion);
    if (metadata)
      await client.delete(resource, nameOf(metadata), { ...(resourceVersion !== undefined && { resourceVersion }) });
    return undefined;
  }
  if (!before) {
    const { resourceVersion: _, uid: __, ...metadata } = metadataOf(after) ?? {};
    const created = await client.create(resource, asText(metadata.namespace), { ...after, metadata });
    return created.metadata.resourceVersion;
  }
  const updated = await client.update(resource, version === undefined ? after : versioned(after, version));
  return updated.metadata.resourceVersion;
}

function versioned(object: JsonObject, resourceVersion: string | undefined): JsonObject {
  return { ...object, metadata: { ...metadataOf(object), resourceVersion } };
}

function nameOf(metadata: JsonObject): ObjectName {
  const namespace = asText(metadata.namespace);
  return { name: asText(metadata.name) ?? '', ...(namespace !== undefined && { namespace }) };
}
