/** Edits of objects in a cluster, written in order or not at all. */
import { type JsonObject, metadataOf } from '../../api/json.ts';
import type { Resource } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { CatamaranError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';

export interface ObjectEdit {
  readonly resource: Resource;
  readonly title: string;
  /** As read, with the resourceVersion that must still be there when it is written. */
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** The difference, for people. */
  readonly lines: readonly string[];
}

/**
 * Writes the edits in order. Each object must still be as it was read. If one cannot be written, those written before it
 * are put back.
 *
 * @throws CTM_DNS if an object could not be put back either; else the error of the write.
 */
export async function applyEdits(client: KubeClient, edits: readonly ObjectEdit[]): Promise<void> {
  const done: { readonly edit: ObjectEdit; readonly version: string | undefined }[] = [];
  for (const edit of edits) {
    try {
      const written = await client.update(edit.resource, edit.after);
      done.push({ edit, version: written.metadata.resourceVersion });
    } catch (error) {
      const left: string[] = [];
      for (const { edit: undone, version } of done.reverse()) {
        await putBack(client, undone, version).catch((fault: unknown) =>
          left.push(`${undone.title}: ${messageOf(fault)}`),
        );
      }
      if (left.length === 0) throw error;
      const stays = `what was written before stays, since it could not be put back (${left.join('; ')})`;
      throw new CatamaranError('CTM_DNS', `${messageOf(error)}; ${stays}`, { cause: error });
    }
  }
}

async function putBack(client: KubeClient, edit: ObjectEdit, resourceVersion: string | undefined): Promise<void> {
  const metadata = { ...metadataOf(edit.before), resourceVersion };
  await client.update(edit.resource, { ...edit.before, metadata });
}
