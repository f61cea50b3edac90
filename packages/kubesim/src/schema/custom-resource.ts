/** The resource defined by a CustomResourceDefinition. Source: Kubernetes documentation, "Custom Resources". */
import type { Json, JsonObject } from '../machinery/json.ts';
import { isObject } from '../machinery/json.ts';
import type { StoredObject } from '../machinery/object.ts';
import { objectOf, objectsOf, textOf, textsOf } from '../machinery/read.ts';
import type { ResourceDefinition, ScalePaths, Strategy, Version } from '../machinery/resource.ts';
import type { OpenApiSchema } from '../machinery/schema.ts';
import { componentSchema } from './builtins.ts';
import { crdPrinter } from './crd-printer.ts';
import { scaleSpecErrors, scaleStatusErrors } from './crd-scale.ts';
import { byPriority } from './crd-versions.ts';
import { parseJsonPath } from './json-path.ts';

/** OpenAPI component for the metadata of all objects. */
export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/**
 * The resource of a valid CRD with accepted names. x-kubernetes-validations (CEL) are not evaluated, and schemas of
 * metadata are ignored.
 *
 * @throws RangeError if no version is served.
 */
export function customResource(crd: JsonObject): ResourceDefinition {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec.names);
  const all = objectsOf(spec.versions);
  const storage = all.find((version) => version.storage === true);
  const [preferred, ...others] = all
    .filter((version) => version.served === true)
    .toSorted((a, b) => byPriority(textOf(a.name), textOf(b.name)))
    .map(versionOf);
  if (!preferred || !storage)
    throw new RangeError(`${textOf(objectOf(crd.metadata).name)} serves or stores no version`);
  const { status, scale } = objectOf(storage.subresources);
  return {
    group: textOf(spec.group),
    plural: textOf(names.plural),
    singular: textOf(names.singular),
    kind: textOf(names.kind),
    listKind: textOf(names.listKind),
    shortNames: textsOf(names.shortNames),
    categories: textsOf(names.categories),
    namespaced: spec.scope === 'Namespaced',
    versions: [preferred, ...others],
    storageVersion: textOf(storage.name),
    status: isObject(status),
    ...(isObject(scale) && { scale: scalePaths(scale) }),
    generation: true,
    versionedUpdates: true,
    custom: true,
    strategy: {
      ...(isObject(status) && { prepareCreate: withoutStatus }),
      ...(isObject(scale) && scaleChecks(scalePaths(scale))),
      ...selectable(all.flatMap((version) => objectsOf(version.selectableFields))),
    },
  };
}

/** Fields available to selectors. Selectable fields of one version are available in all versions. */
function selectable(declared: readonly JsonObject[]): Pick<Strategy, 'fields'> {
  if (declared.length === 0) return {};
  const paths = declared.map(({ jsonPath }) => textOf(jsonPath));
  const readers = paths.map((path) => [path.replace(/^\./, ''), parseJsonPath(path)] as const);
  const fields = (object: StoredObject) =>
    Object.fromEntries(readers.map(([name, read]) => [name, `${read?.(object)[0] ?? ''}`]));
  return { fields };
}

function withoutStatus({ status: _status, ...object }: StoredObject): StoredObject {
  return object;
}

function scaleChecks(paths: ScalePaths): Strategy {
  const both = (object: JsonObject) => [...scaleSpecErrors(paths, object), ...scaleStatusErrors(paths, object)];
  return { validateCreate: both, validateUpdate: both, validateStatus: (object) => scaleStatusErrors(paths, object) };
}

function versionOf(version: JsonObject): Version {
  return {
    name: textOf(version.name),
    schema: resourceSchema(objectOf(version.schema).openAPIV3Schema),
    printer: crdPrinter(version.additionalPrinterColumns),
  };
}

function scalePaths({ specReplicasPath, statusReplicasPath, labelSelectorPath }: JsonObject): ScalePaths {
  return {
    specReplicas: textOf(specReplicasPath),
    statusReplicas: textOf(statusReplicasPath),
    ...(textOf(labelSelectorPath) !== '' && { labelSelector: textOf(labelSelectorPath) }),
  };
}

/** The schema of a version, with the fields that all objects have. */
function resourceSchema(declared: Json | undefined): OpenApiSchema {
  // A cast: the CRD has been validated, and OpenApiSchema describes JSONSchemaProps.
  const schema = objectOf(declared) as OpenApiSchema;
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...schema.properties,
      metadata: componentSchema(OBJECT_META),
    },
  };
}
