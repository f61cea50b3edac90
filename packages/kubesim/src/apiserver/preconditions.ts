/** Checks that precede all other validation of a write. */
import { invalid as invalidField } from '../machinery/field-error.ts';
import type { StoredObject } from '../machinery/object.ts';
import type { ResourceDefinition } from '../machinery/resource.ts';
import { badRequest, conflict, invalid, StatusError } from '../machinery/status.ts';
import type { SentMetadata } from './read-metadata.ts';
import type { Target } from './target.ts';

/**
 * The namespace of an object. Path and metadata must agree.
 *
 * @throws StatusError 400
 */
export function namespaceOf({ definition, namespace }: Target, metadata: SentMetadata): string | undefined {
  if (!definition.namespaced) return undefined;
  const given = metadata.namespace;
  if (namespace !== undefined && given !== undefined && given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return namespace ?? given;
}

/**
 * Checks that an update targets the stored object and its latest version.
 *
 * @throws StatusError 409, or 422 if the version is required but missing.
 */
export function checkVersion(definition: ResourceDefinition, sent: SentMetadata, old: StoredObject): void {
  const { name, uid, resourceVersion, namespace } = old.metadata;
  if (sent.uid !== undefined && sent.uid !== uid) {
    const key = `/registry/${definition.plural}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
    const words = `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${uid}`;
    throw conflict(
      definition,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${words}`,
    );
  }
  const given = sent.resourceVersion;
  if (given === undefined || given === '0') {
    if (!definition.versionedUpdates) return;
    const error = invalidField('metadata.resourceVersion', 0, 'must be specified for an update');
    // This error alone names the resource instead of the kind.
    throw invalid({ ...definition, kind: definition.plural }, name, [error]);
  }
  if (!/^\d+$/.test(given))
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
  if (given !== resourceVersion) throw modified(definition, name);
}

/** 409 after a concurrent write. */
export function modified(definition: ResourceDefinition, name: string): StatusError {
  const why = 'the object has been modified; please apply your changes to the latest version and try again';
  return conflict(definition, name, why);
}

/** 400 if names in body and path differ. */
export function wrongName(given: string, asked: string): StatusError {
  return badRequest(`the name of the object (${given}) does not match the name on the URL (${asked})`);
}
