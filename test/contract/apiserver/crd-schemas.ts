/** CustomResourceDefinitions for the tests of CRDs and validation. */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../../src/api/json.ts';

/** Path of the CRD collection. */
export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A group name that is unique to this run. */
export function newGroup(): string {
  return `g${randomBytes(4).toString('hex')}.example.com`;
}

/** A CRD `wids` with one version; `version` and `spec` override parts of it. */
export function crdOf(group: string, version: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } };
  const versions = [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} }, ...version }];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `wids.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural: 'wids', kind: 'Wid' }, versions, ...spec },
  };
}

const logic = (extra: JsonObject): JsonObject => ({
  type: 'object',
  properties: { x: { type: 'string' }, y: { type: 'string' } },
  ...extra,
});

/** A schema with one field per validation rule. */
export const EVERY_RULE: JsonObject = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['a', 'b'],
      properties: {
        a: { type: 'string', enum: ['A', 'B'], maxLength: 3, minLength: 1 },
        b: { type: 'integer', minimum: 1, maximum: 10 },
        even: {
          ...{ type: 'integer', minimum: 1, maximum: 10, exclusiveMinimum: true, exclusiveMaximum: true },
          multipleOf: 2,
        },
        number: { type: 'number', minimum: 0.5 },
        int32: { type: 'integer', format: 'int32' },
        int64: { type: 'integer', format: 'int64' },
        pattern: { type: 'string', pattern: '^[a-z]+$' },
        word: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 4 },
        list: { type: 'array', maxItems: 2, minItems: 1, items: { type: 'string', minLength: 2 } },
        set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        map: {
          ...{ type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] },
          items: { type: 'object', required: ['k'], properties: { k: { type: 'string' }, v: { type: 'integer' } } },
        },
        keys: {
          ...{ type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'j'] },
          items: {
            ...{ type: 'object', required: ['k'] },
            properties: { k: { type: 'string' }, j: { type: 'integer', default: 1 } },
          },
        },
        port: { 'x-kubernetes-int-or-string': true },
        labels: { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 2, minProperties: 1 },
        time: { type: 'string', format: 'date-time' },
        date: { type: 'string', format: 'date' },
        ipv4: { type: 'string', format: 'ipv4' },
        ipv6: { type: 'string', format: 'ipv6' },
        cidr: { type: 'string', format: 'cidr' },
        uri: { type: 'string', format: 'uri' },
        email: { type: 'string', format: 'email' },
        uuid: { type: 'string', format: 'uuid' },
        host: { type: 'string', format: 'hostname' },
        byte: { type: 'string', format: 'byte' },
        duration: { type: 'string', format: 'duration' },
        odd: { type: 'string', format: 'odd' },
        nullable: { type: 'string', nullable: true },
        number2: { type: 'integer', enum: [1, 2] },
        bool: { type: 'boolean' },
        object: { type: 'object', properties: { x: { type: 'string' } } },
        open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        one: logic({ oneOf: [{ required: ['x'] }, { required: ['y'] }] }),
        any: logic({ anyOf: [{ required: ['x'] }, { required: ['y'] }] }),
        all: logic({ allOf: [{ required: ['x'] }, { required: ['y'] }] }),
        not: logic({ not: { required: ['x'] } }),
        embedded: {
          ...{ type: 'object', 'x-kubernetes-embedded-resource': true },
          'x-kubernetes-preserve-unknown-fields': true,
        },
        defaulted: {
          ...{ type: 'object', default: { q: 1 } },
          properties: { q: { type: 'integer' }, r: { type: 'string', default: 'rr' } },
        },
      },
    },
    status: { type: 'object', properties: { c: { type: 'integer' } } },
  },
};
