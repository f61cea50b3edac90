/** Ordered updates of cluster objects, with rollback if one fails. */
import { type JsonObject, metadataOf } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

export interface ObjectEdit {
  readonly resource: Resource;
  readonly title: string;
  /** As read; the write fails with a conflict if its resourceVersion is no longer current. */
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** The diff to print. */
  readonly lines: readonly string[];
}

/**
 * Writes the edits in order. If a write fails, including on a conflict, the earlier ones are rolled back.
 *
 * @throws CTM_DNS if the rollback failed, too; otherwise the error of the write.
 */
export async function applyEdits(client: KubeClient, edits: readonly ObjectEdit[]): Promise<void> {
  const done: { readonly edit: ObjectEdit; readonly version: string | undefined }[] = [];
  for (const edit of edits) {
    try {
      const written = await client.update(edit.resource, edit.after);
      done.push({ edit, version: written.metadata.resourceVersion });
    } catch (error) {
      const failures: string[] = [];
      for (const { edit: written, version } of done.reverse()) {
        await rollBack(client, written, version).catch((failure: unknown) =>
          failures.push(`${written.title}: ${messageOf(failure)}`),
        );
      }
      if (failures.length === 0) throw error;
      const rollback = `rollback failed (${failures.join('; ')}); run the command again`;
      throw new CatamaranError('CTM_DNS', `${messageOf(error)}; ${rollback}`, { cause: error });
    }
  }
}

async function rollBack(client: KubeClient, edit: ObjectEdit, resourceVersion: string | undefined): Promise<void> {
  const metadata = { ...metadataOf(edit.before), resourceVersion };
  await client.update(edit.resource, { ...edit.before, metadata });
}
