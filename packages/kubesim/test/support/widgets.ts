/** A CustomResourceDefinition for tests: two versions, a schema with defaults and rules, a status subresource. */
import type { JsonObject } from '../../src/machinery/json.ts';

const SCHEMA: JsonObject = {
  openAPIV3Schema: {
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1 },
          color: { type: 'string', default: 'blue', enum: ['blue', 'red'] },
        },
      },
      status: { type: 'object', properties: { ready: { type: 'boolean' } } },
    },
  },
};

function version(name: string, storage: boolean): JsonObject {
  return { name, served: true, storage, schema: SCHEMA, subresources: { status: {} } };
}

export const WIDGETS: JsonObject & { readonly metadata: { readonly name: string } } = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [version('v1alpha1', false), version('v1', true)],
  },
};
