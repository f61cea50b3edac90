/**
 * The CustomResourceDefinitions of multicluster.x-k8s.io, equal to those of mcs-api v0.5.2 except for the descriptions.
 * v1alpha1 is served because CoreDNS and many manifests use it; v1beta1 is stored.
 */
import { stringify } from 'yaml';
import { MCS_GROUP } from './multicluster.ts';
import { type Schema, text } from './openapi-schema.ts';
import { SERVICE_EXPORT } from './service-export-schema.ts';
import { SERVICE_IMPORT } from './service-import-schema.ts';

/** The release of mcs-api that the definitions correspond to. */
export const MCS_RELEASE = 'v0.5.2';

/** Other installers compare these, so that none replaces a newer definition with an older one. */
const VERSION_LABELS = {
  [`${MCS_GROUP}/release-version`]: MCS_RELEASE,
  [`${MCS_GROUP}/crd-schema-revision`]: '0',
};

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly description?: string;
  readonly jsonPath: string;
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly subresources: { readonly status: Readonly<Record<string, never>> };
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition, reduced to the fields used here. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: {
      readonly plural: string;
      readonly singular: string;
      readonly kind: string;
      readonly shortNames: readonly string[];
    };
    readonly versions: readonly Version[];
  };
}

interface Definition {
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly columns: readonly PrinterColumn[];
  readonly schema: { readonly description: string; readonly spec: Schema; readonly status: Schema };
}

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function rootSchema({ description, spec, status }: Definition['schema']): Schema {
  return {
    description,
    type: 'object',
    properties: {
      apiVersion: text('Group and version of this object.'),
      kind: text('Kind of this object.'),
      metadata: { type: 'object' },
      spec,
      status,
    },
  };
}

function define({ kind, shortNames, columns, schema }: Definition): CustomResourceDefinition {
  const singular = kind.toLowerCase();
  const plural = `${singular}s`;
  const version = (name: string, storage: boolean): Version => ({
    name,
    served: true,
    storage,
    subresources: { status: {} },
    additionalPrinterColumns: columns,
    schema: { openAPIV3Schema: rootSchema(schema) },
  });
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${MCS_GROUP}`, labels: VERSION_LABELS },
    spec: {
      group: MCS_GROUP,
      scope: 'Namespaced',
      names: { plural, singular, kind, shortNames },
      versions: [version('v1alpha1', false), version('v1beta1', true)],
    },
  };
}

export const CRDS: readonly CustomResourceDefinition[] = [
  define({ kind: 'ServiceExport', shortNames: ['svcex', 'svcexport'], columns: [AGE], schema: SERVICE_EXPORT }),
  define({
    kind: 'ServiceImport',
    shortNames: ['svcim', 'svcimport'],
    columns: [
      { name: 'Type', type: 'string', description: 'ClusterSetIP or Headless', jsonPath: '.spec.type' },
      { name: 'IP', type: 'string', description: 'Addresses in this cluster', jsonPath: '.spec.ips' },
      AGE,
    ],
    schema: SERVICE_IMPORT,
  }),
];

/** YAML documents, for `kubectl apply -f -`. */
export function crdsYaml(): string {
  return CRDS.map((crd) => `---\n${stringify(crd, { aliasDuplicateObjects: false, lineWidth: 0 })}`).join('');
}
