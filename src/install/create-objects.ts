/** Creates and updates the objects of an installation in a cluster. */
import { asText, type JsonObject, metadataOf } from '../api/json.ts';
import { MANAGED_BY } from '../api/labels.ts';
import { isAbsent, isNotFound } from '../kube/client/api-errors.ts';
import type { KubeClient, ObjectName, RawObject } from '../kube/client/client.ts';
import { placeName, resourceName } from '../kube/client/paths.ts';
import { ErrorList, type Problem } from '../runtime/errors.ts';
import { INSTALLER } from './installation.ts';
import { resourceOf } from './kinds.ts';

/** What happened to an object, or would. */
export interface Outcome {
  /** `deployments.apps catamaran-system/catamaran` */
  readonly object: string;
  readonly action: 'created' | 'configured' | 'unchanged' | 'kept';
}

export function nameOf(object: JsonObject): ObjectName {
  const metadata = metadataOf(object);
  const namespace = asText(metadata?.namespace);
  return { name: asText(metadata?.name) ?? '', ...(namespace !== undefined && { namespace }) };
}

/** For messages. */
export function shownObject(object: JsonObject): string {
  return `${resourceName(resourceOf(object))} ${placeName(nameOf(object))}`;
}

/** The object in the cluster; undefined if it does not exist; `unserved` if the cluster does not have its kind. */
async function lookUp(client: KubeClient, object: JsonObject): Promise<RawObject | 'unserved' | undefined> {
  try {
    return await client.get(resourceOf(object), nameOf(object));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (isNotFound(error)) return 'unserved';
    throw error;
  }
}

export async function existing(client: KubeClient, object: JsonObject): Promise<RawObject | undefined> {
  const found = await lookUp(client, object);
  return found === 'unserved' ? undefined : found;
}

/** Who manages an object, by its label. */
export function managerOf(object: RawObject): string | undefined {
  return object.metadata.labels?.[MANAGED_BY];
}

/** Whether each field that is wanted is there; the API server adds defaults. */
function contains(current: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(current) && current.length === wanted.length && wanted.every((one, i) => contains(current[i], one))
    );
  }
  if (typeof wanted !== 'object' || wanted === null) return current === wanted;
  if (typeof current !== 'object' || current === null) return false;
  const fields = new Map<string, unknown>(Object.entries(current));
  return Object.entries(wanted).every(([key, value]) => contains(fields.get(key), value));
}

/** CustomResourceDefinitions of another installer stay: they serve the same API, in its version. */
function isShared(object: JsonObject): boolean {
  return object.kind === 'CustomResourceDefinition' || object.kind === 'Namespace';
}

/**
 * Makes the cluster hold the objects, in order. Nothing is written if one exists that another installer manages, or if
 * the cluster does not serve the kind of one.
 *
 * @throws CTM_INSTALL_REFUSED with all of these objects.
 */
export async function install(
  client: KubeClient,
  objects: readonly JsonObject[],
  {
    dryRun,
    keep = () => false,
    onOutcome,
  }: {
    readonly dryRun: boolean;
    /** Whether objects of another installer stay as they are. Default: no. */
    readonly keep?: (manager: string | undefined) => boolean;
    readonly onOutcome: (outcome: Outcome) => void;
  },
): Promise<void> {
  const planned: { readonly object: JsonObject; readonly action: Outcome['action'] }[] = [];
  const problems: Problem[] = [];
  for (const object of objects) {
    const current = await lookUp(client, object);
    if (current === 'unserved') {
      problems.push({ code: 'CTM_INSTALL_REFUSED', message: unserved(object) });
      continue;
    }
    const manager = current && managerOf(current);
    if (!current) planned.push({ object, action: 'created' });
    else if (manager === INSTALLER) {
      planned.push({ object, action: contains(current, object) ? 'unchanged' : 'configured' });
    } else if (isShared(object) || keep(manager)) planned.push({ object, action: 'kept' });
    else problems.push({ code: 'CTM_INSTALL_REFUSED', message: conflict(object, manager) });
  }
  if (problems.length > 0) throw new ErrorList('CTM_INSTALL_REFUSED', problems);
  for (const { object, action } of planned) {
    if (!dryRun && action === 'created') await client.create(resourceOf(object), nameOf(object).namespace, object);
    if (!dryRun && action === 'configured') {
      await client.patch(resourceOf(object), nameOf(object), object, { kind: 'apply', force: true });
    }
    onOutcome({ object: shownObject(object), action });
  }
}

function conflict(object: JsonObject, manager: string | undefined): string {
  const owner =
    manager === undefined ? 'is not managed by catamaran install' : `is managed by ${JSON.stringify(manager)}`;
  const advice = manager === 'Helm' ? '; use helm upgrade' : '; delete it, or install into another cluster';
  return `${shownObject(object)} already exists and ${owner}${advice}`;
}

function unserved(object: JsonObject): string {
  const kind = resourceName(resourceOf(object));
  return `${shownObject(object)} cannot be created: the cluster does not serve ${kind}; turn it off in the values`;
}
