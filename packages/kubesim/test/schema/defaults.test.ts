import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OpenApiSchema } from '../../src/machinery/schema.ts';
import { builtinSchema } from '../../src/schema/builtins.ts';
import { withDefaults } from '../../src/schema/defaults.ts';
import { pruneUnknown } from '../../src/schema/prune.ts';
import { anyObject } from '../support/arbitraries.ts';

const SERVICE = builtinSchema('', 'v1', 'Service');

const WIDGET: OpenApiSchema = {
  type: 'object',
  properties: {
    a: {
      type: 'object',
      default: { b: 1 },
      properties: { b: { type: 'integer' }, c: { type: 'string', default: 'x' } },
    },
    b: { type: 'string', nullable: true, default: 'y' },
    c: { type: 'array', items: { type: 'object', properties: { a: { type: 'string', default: 'z' } } } },
  },
};

describe('withDefaults', () => {
  it('defaults nested fields of a custom resource, also within defaults', () => {
    expect(withDefaults(WIDGET, { c: [{}, { a: 'q' }] })).toEqual({
      a: { b: 1, c: 'x' },
      b: 'y',
      c: [{ a: 'z' }, { a: 'q' }],
    });
  });

  it('keeps null for nullable fields, and treats it as absent otherwise', () => {
    expect(withDefaults(WIDGET, { a: null, b: null, c: null })).toEqual({ a: { b: 1, c: 'x' }, b: null });
  });

  it('normalizes built-in objects to the form written by the API server', () => {
    const spec = { ports: [{ port: 80, name: '', nodePort: 0 }], publishNotReadyAddresses: false, selector: {} };
    expect(withDefaults(SERVICE, { metadata: { labels: {}, name: 'x' }, spec })).toEqual({
      metadata: { name: 'x' },
      spec: { ports: [{ port: 80, protocol: 'TCP' }] },
      status: { loadBalancer: {} },
    });
    expect(withDefaults(builtinSchema('discovery.k8s.io', 'v1', 'EndpointSlice'), { endpoints: [] })).toEqual({
      addressType: '',
      endpoints: null,
      metadata: {},
      ports: null,
    });
  });

  it('returns the same object if nothing changes', () => {
    const whole = withDefaults(SERVICE, { spec: { ports: [{ port: 80 }] } });
    expect(withDefaults(SERVICE, whole)).toBe(whole);
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyObject, (value) => {
        const once = withDefaults(WIDGET, value);
        expect(withDefaults(WIDGET, once)).toEqual(once);
      }),
    );
  });
});

describe('pruneUnknown', () => {
  it('reports the dropped fields', () => {
    const value = { kind: 'Service', foo: 1, spec: { type: 'x', bar: {}, ports: [{ port: 1 }, { port: 2, baz: 1 }] } };
    expect(pruneUnknown(SERVICE, value)).toEqual({
      value: { kind: 'Service', spec: { type: 'x', ports: [{ port: 1 }, { port: 2 }] } },
      unknown: ['foo', 'spec.bar', 'spec.ports[1].baz'],
    });
  });

  it('keeps maps, and fields below x-kubernetes-preserve-unknown-fields', () => {
    const schema: OpenApiSchema = {
      type: 'object',
      properties: {
        any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'object' } } },
        map: { type: 'object', additionalProperties: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    };
    const value = { any: { x: { y: 1 }, a: { z: 1 } }, map: { k: { a: 'x', b: 1 } } };
    expect(pruneUnknown(schema, value)).toEqual({
      value: { any: { x: { y: 1 }, a: {} }, map: { k: { a: 'x' } } },
      unknown: ['any.a.z', 'map.k.b'],
    });
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyObject, (value) => {
        const { value: pruned } = pruneUnknown(WIDGET, value);
        expect(pruneUnknown(WIDGET, pruned)).toEqual({ value: pruned, unknown: [] });
      }),
    );
  });
});
