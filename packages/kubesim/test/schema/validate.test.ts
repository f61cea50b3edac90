/** Individual rules; the contract suite compares all of them with kube-apiserver. */
import { describe, expect, it } from 'vitest';
import { fieldErrorText } from '../../src/machinery/field-error.ts';
import type { Json, JsonObject } from '../../src/machinery/json.ts';
import type { OpenApiSchema } from '../../src/machinery/schema.ts';
import { builtinSchema } from '../../src/schema/builtins.ts';
import { decodeProblem } from '../../src/schema/go-decode.ts';
import { base64Problem, quantityProblem, timeProblem } from '../../src/schema/go-text.ts';
import { hasFormat } from '../../src/schema/openapi-formats.ts';
import { validateSchema } from '../../src/schema/validate.ts';

function errors(a: OpenApiSchema, value: Json): readonly string[] {
  return validateSchema({ type: 'object', properties: { a } }, { a: value }).map(fieldErrorText);
}

describe('validateSchema', () => {
  it.each<[OpenApiSchema, Json, readonly string[]]>([
    [{ type: 'string' }, 5, ['a: Invalid value: "integer": a in body must be of type string: "integer"']],
    [{ type: 'integer' }, 1.5, ['a: Invalid value: "number": a in body must be of type integer: "number"']],
    [{ type: 'number' }, 1, []],
    [{ type: 'string', nullable: true }, null, []],
    [{ 'x-kubernetes-int-or-string': true }, 'x', []],
    [{ type: 'string', enum: ['A', 'B'] }, 'C', ['a: Unsupported value: "C": supported values: "A", "B"']],
    [{ type: 'string', pattern: '^x$' }, 'y', ['a: Invalid value: "y": a in body should match \'^x$\'']],
    [{ type: 'string', maxLength: 1 }, 'yy', ['a: Too long: may not be more than 1 bytes']],
    [
      { type: 'integer', maximum: 3, exclusiveMaximum: true },
      3,
      ['a: Invalid value: 3: a in body should be less than 3'],
    ],
    [{ type: 'array', items: {}, maxItems: 1 }, [1, 2], ['a: Too many: 2: must have at most 1 items']],
    [{ type: 'array', items: {}, 'x-kubernetes-list-type': 'set' }, [1, 1], ['a[1]: Duplicate value: 1']],
    [{ type: 'object', required: ['b'] }, {}, ['a.b: Required value']],
    [{ type: 'string', format: 'date-time' }, 'x', ['a: Invalid value: "x": a in body must be of type date-time: "x"']],
  ])('%j of %j', (schema, value, expected) => {
    expect(errors(schema, value)).toEqual(expected);
  });
});

describe('hasFormat', () => {
  it.each<[format: string, good: readonly string[], bad: readonly string[]]>([
    ['date-time', ['2026-01-01T00:00:00Z', '2026-01-01t00:00:00.5+01:00'], ['2026-01-01', '2026-02-30T00:00:00Z', 'x']],
    ['date', ['2024-02-29'], ['2023-02-29', '2023-2-1']],
    ['ipv4', ['1.2.3.4'], ['1.2.3', '::1']],
    ['ipv6', ['::1', '2001:db8::1'], ['1.2.3.4']],
    ['cidr', ['10.0.0.0/8', '2001:db8::/32'], ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8']],
    ['hostname', ['a', 'a.example'], ['-a', 'a.b', 'a_b']],
    ['duration', ['5s', '1h30m', '3 days'], ['5', 's']],
    ['uuid', ['01234567-89ab-4def-8123-0123456789ab'], ['x']],
    ['unknown', ['anything'], []],
  ])('%s', (format, good, bad) => {
    expect(good.filter((text) => !hasFormat(format, text))).toEqual([]);
    expect(bad.filter((text) => hasFormat(format, text))).toEqual([]);
  });
});

describe('decodeProblem', () => {
  it.each<[string, string, JsonObject, string | undefined]>([
    [
      ...(['', 'Service'] as const),
      { spec: { ports: [{ port: 'x' }] } },
      'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    ['', 'Service', { spec: { ports: [{ port: 80, targetPort: 'http' }] } }, undefined],
    [
      '',
      'ConfigMap',
      { data: { a: 5 } },
      'json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
    ],
    ['', 'ConfigMap', { data: { a: null }, immutable: null }, undefined],
    [
      'apps',
      'Deployment',
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
  ])('%s %s %j', (group, kind, value, expected) => {
    expect(decodeProblem(builtinSchema(group, 'v1', kind), value)).toBe(expected);
  });
});

describe('strings parsed by Go', () => {
  it.each<[string, boolean, string | undefined]>([
    ['2026-01-01T00:00:00Z', false, undefined],
    ['2026-01-01T00:00:00.000000Z', true, undefined],
    ['x', false, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
    ['2026-01-01', false, 'parsing time "2026-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
    [
      '2026-01-01T00:00:00Z',
      true,
      'parsing time "2026-01-01T00:00:00Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    ],
  ])('time %j', (text, micro, expected) => {
    expect(timeProblem(text, micro)).toBe(expected);
  });

  it.each<[Json, boolean]>([
    ...(['1', '0.5', '100m', '1Gi', '1e3', '.5', '+1k', 5] as const).map((value): [Json, boolean] => [value, true]),
    ...['', 'x', '1 Gi', '1Q', true, {}].map((value): [Json, boolean] => [value, false]),
  ])('quantity %j', (value, good) => {
    expect(quantityProblem(value) === undefined).toBe(good);
  });

  it('base64', () => {
    expect(base64Problem('YWJj\nYQ==')).toBeUndefined();
    expect(base64Problem('YW!j')).toBe('illegal base64 data at input byte 2');
    expect(base64Problem('YWJjYQ')).toBe('illegal base64 data at input byte 4');
  });
});
