/** Create, read, update, patch and delete, with exact responses. */
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { type Answer, at, normalized, onBothServers } from '../../support/api-servers/both-servers.ts';

const NIL_UID = '00000000-0000-4000-8000-000000000000';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

function configMap(name: string, more: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...more };
}

function failure(code: number, reason: string, message: string, details?: Json): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason !== '' && { reason }),
    ...(details !== undefined && { details }),
    code,
  };
}

const absent = (name: string) =>
  failure(404, 'NotFound', `configmaps "${name}" not found`, { name, kind: 'configmaps' });
const NOT_SERVED = failure(404, 'NotFound', 'the server could not find the requested resource', {});
const NOT_ALLOWED = failure(
  405,
  'MethodNotAllowed',
  'the server does not allow this method on the requested resource',
  {},
);

onBothServers((server) => {
  const place = (namespace: string, name = ''): string =>
    `/api/v1/namespaces/${namespace}/configmaps${name === '' ? '' : `/${name}`}`;
  const create = (namespace: string, body: Json, query = '', type?: string) =>
    server().request('POST', `${place(namespace)}${query}`, { body, ...(type && { type }) });
  const patch = (path: string, body: Json, type: string = MERGE) => server().request('PATCH', path, { body, type });
  const plain = ({ status, body }: Answer, namespace = ''): readonly [number, Json] => [
    status,
    normalized(body, namespace),
  ];

  describe('create', () => {
    it('returns the object with the fields added by the server', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, configMap('one', { data: { a: '1' } }));
      expect(plain(answer, namespace)).toEqual([
        201,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            name: 'one',
            namespace: 'NAMESPACE',
            uid: 'UID',
            resourceVersion: 'VERSION',
            creationTimestamp: 'TIME',
            managedFields: [
              {
                manager: 'contract',
                operation: 'Update',
                apiVersion: 'v1',
                time: 'TIME',
                fieldsType: 'FieldsV1',
                fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
              },
            ],
          },
          data: { a: '1' },
        },
      ]);
      expect(await server().request('GET', place(namespace, 'one'))).toMatchObject({ status: 200, body: answer.body });
    });

    it('defaults kind and apiVersion from the path', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, { metadata: { name: 'bare' } });
      expect(answer).toMatchObject({ status: 201, body: { apiVersion: 'v1', kind: 'ConfigMap' } });
    });

    it('accepts YAML', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, 'metadata:\n  name: yaml\ndata:\n  a: "1"\n', '', 'application/yaml');
      expect(answer).toMatchObject({ status: 201, body: { data: { a: '1' } } });
    });

    it('generates a name', async () => {
      const namespace = await server().namespace();
      const { body } = await create(namespace, { metadata: { generateName: 'made-' } });
      expect(at(body, 'metadata', 'name')).toMatch(/^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    });

    it('ignores fields set by the server', async () => {
      const namespace = await server().namespace();
      const { body } = await create(
        namespace,
        configMap('stubborn', {}, { uid: NIL_UID, creationTimestamp: '2001-01-01T00:00:00Z', generation: 7 }),
      );
      expect(at(body, 'metadata', 'uid')).not.toBe(NIL_UID);
      expect(at(body, 'metadata', 'creationTimestamp')).not.toBe('2001-01-01T00:00:00Z');
    });

    it.each<[string, Json, number, JsonObject]>([
      [
        'no name',
        { metadata: {} },
        422,
        failure(
          422,
          'Invalid',
          'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
          {
            kind: 'ConfigMap',
            causes: [
              {
                reason: 'FieldValueRequired',
                message: 'Required value: name or generateName is required',
                field: 'metadata.name',
              },
            ],
          },
        ),
      ],
      [
        'another namespace',
        configMap('other', {}, { namespace: 'another' }),
        400,
        failure(
          400,
          'BadRequest',
          'the namespace of the provided object does not match the namespace sent on the request',
        ),
      ],
      [
        'a resourceVersion',
        configMap('versioned', {}, { resourceVersion: '5' }),
        500,
        failure(500, '', 'resourceVersion should not be set on objects to be created'),
      ],
      [
        'another version',
        { ...configMap('v2'), apiVersion: 'v2' },
        400,
        failure(
          400,
          'BadRequest',
          'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:110"',
        ),
      ],
      [
        'a kind that does not exist',
        { ...configMap('other'), kind: 'Nonsense' },
        400,
        failure(
          400,
          'BadRequest',
          'Nonsense in version "v1" cannot be handled as a ConfigMap: no kind "Nonsense" is registered for version "v1" in scheme "pkg/runtime/scheme.go:110"',
        ),
      ],
      [
        'another kind',
        { ...configMap('other'), kind: 'Secret' },
        400,
        failure(
          400,
          'BadRequest',
          'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
        ),
      ],
      [
        'a number for a string',
        configMap('typed', { data: { a: 1 } }),
        400,
        failure(
          400,
          'BadRequest',
          'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
        ),
      ],
    ])('refuses %s', async (_what, body, status, answer) => {
      const namespace = await server().namespace();
      expect(plain(await create(namespace, body), namespace)).toEqual([status, answer]);
    });

    it.each<[string, string, string]>([
      ['no JSON', 'nonsense', "invalid character 'o' in literal null (expecting 'u') (6e6f6e73656e7365)"],
      ['half of it', '{"a":', 'unexpected end of JSON input ({"a":)'],
      ['nothing', ' ', 'unexpected end of JSON input (20)'],
      [
        'a list',
        '[]',
        'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
      ],
    ])('rejects a body with %s', async (_what, body, words) => {
      const namespace = await server().namespace();
      const message = `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${words}`;
      expect(plain(await create(namespace, body))).toEqual([400, failure(400, 'BadRequest', message)]);
    });

    it('rejects other media types', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, 'name=a', '', 'text/plain');
      const message =
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';
      expect(plain(answer)).toEqual([415, failure(415, 'UnsupportedMediaType', message)]);
    });

    it('rejects a body that is too large', async () => {
      const namespace = await server().namespace();
      const answer = await create(namespace, configMap('huge', { data: { a: 'x'.repeat(3 * 1024 * 1024) } }));
      expect(plain(answer)).toEqual([
        413,
        failure(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'),
      ]);
    });

    it('reports all errors in metadata', async () => {
      const namespace = await server().namespace();
      const bad = {
        labels: { '-a': 'b!' },
        annotations: { '/x': 'y' },
        finalizers: ['foo'],
        ownerReferences: [{ apiVersion: 'v1', kind: '', name: '', uid: '' }],
      };
      const { status, body } = await create(namespace, configMap('A_b', {}, bad));
      expect(status).toBe(422);
      const causes = at(body, 'details', 'causes');
      expect(Array.isArray(causes) && causes.map((cause: Json) => [at(cause, 'field'), at(cause, 'message')])).toEqual([
        [
          'metadata.name',
          "Invalid value: \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
        [
          'metadata.labels',
          "Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ],
        [
          'metadata.labels',
          "Invalid value: \"b!\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ],
        ['metadata.annotations', 'Invalid value: "/x": prefix part must be non-empty'],
        ['metadata.ownerReferences.kind', 'Invalid value: "": must not be empty'],
        ['metadata.ownerReferences.name', 'Invalid value: "": must not be empty'],
        ['metadata.ownerReferences.uid', 'Invalid value: "": must not be empty'],
        [
          'metadata.finalizers[0]',
          'Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified',
        ],
      ]);
      expect(at(body, 'message')).toMatch(/^ConfigMap "A_b" is invalid: \[metadata\.name: Invalid value: "A_b": .*\]$/);
    });

    it.each<[string, JsonObject, string, string]>([
      [
        'annotations',
        { annotations: { a: 'x'.repeat(262_144) } },
        'metadata.annotations',
        'Too long: may not be more than 262144 bytes',
      ],
      [
        'a name',
        { name: 'x'.repeat(254) },
        'metadata.name',
        `Invalid value: "${'x'.repeat(254)}": must be no more than 253 characters`,
      ],
      [
        'a label',
        { labels: { a: 'x'.repeat(64) } },
        'metadata.labels',
        `Invalid value: "${'x'.repeat(64)}": must be no more than 63 characters`,
      ],
    ])('rejects %s that are too long', async (_what, metadata, field, message) => {
      const namespace = await server().namespace();
      const { status, body } = await create(namespace, configMap('long', {}, metadata));
      expect([status, at(body, 'details', 'causes', 0, 'field'), at(body, 'details', 'causes', 0, 'message')]).toEqual([
        422,
        field,
        message,
      ]);
    });

    it('rejects two controllers', async () => {
      const namespace = await server().namespace();
      const owner = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', name, uid: NIL_UID, controller: true });
      const { status, body } = await create(
        namespace,
        configMap('owned', {}, { ownerReferences: [owner('a'), owner('b')] }),
      );
      expect(status).toBe(422);
      expect(at(body, 'details', 'causes', 0, 'message')).toContain(
        'Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b',
      );
    });

    it('rejects an existing name', async () => {
      const namespace = await server().namespace();
      await create(namespace, configMap('twice'));
      expect(plain(await create(namespace, configMap('twice')))).toEqual([
        409,
        failure(409, 'AlreadyExists', 'configmaps "twice" already exists', { name: 'twice', kind: 'configmaps' }),
      ]);
    });

    it('rejects a namespace that does not exist', async () => {
      const namespaces = { name: 'nowhere', kind: 'namespaces' };
      expect(plain(await create('nowhere', configMap('lost')))).toEqual([
        404,
        failure(404, 'NotFound', 'namespaces "nowhere" not found', namespaces),
      ]);
    });

    it('of a dry run stores nothing', async () => {
      const namespace = await server().namespace();
      const { status, body } = await create(namespace, configMap('dry', { data: { a: '1' } }), '?dryRun=All');
      expect([status, at(body, 'data')]).toEqual([201, { a: '1' }]);
      expect(plain(await server().request('GET', place(namespace, 'dry')))).toEqual([404, absent('dry')]);
    });
  });

  describe('unknown fields', () => {
    const body = { ...configMap('odd', { dato: { a: 1 }, spec: [1] }), metadata: { name: 'odd', foo: 'bar' } };
    const fields = ['metadata.foo', 'dato', 'spec'].map((path) => `unknown field "${path}"`);

    it('are rejected under strict validation', async () => {
      const namespace = await server().namespace();
      const { status, body: rejection } = await create(namespace, body, '?fieldValidation=Strict');
      expect(status).toBe(400);
      const message = String(at(rejection, 'message'));
      const [head = '', list = ''] = message.split('strict decoding error: ');
      expect(head).toBe('ConfigMap in version "v1" cannot be handled as a ConfigMap: ');
      expect(list.split(', ').toSorted()).toEqual(fields.toSorted());
    });

    it('are dropped with a warning', async () => {
      const namespace = await server().namespace();
      const { status, headers, body: made } = await create(namespace, body);
      expect(status).toBe(201);
      // HTTP treats repeated headers and a single combined one as equivalent.
      const warnings = [headers.warning].flat().join(', ').split(', ').toSorted();
      expect(warnings).toEqual(fields.map((text) => `299 - ${JSON.stringify(text)}`).toSorted());
      expect(made).not.toHaveProperty('dato');
    });

    it('are dropped silently', async () => {
      const namespace = await server().namespace();
      const { status, headers } = await create(namespace, body, '?fieldValidation=Ignore');
      expect([status, headers.warning]).toEqual([201, undefined]);
    });
  });

  describe('parameters', () => {
    it.each([
      [
        'fieldValidation=Bogus',
        'fieldValidation: Unsupported value: "Bogus": supported values: "", "Ignore", "Strict", "Warn"',
      ],
      ['dryRun=Some', 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
      [`fieldManager=${'x'.repeat(129)}`, 'fieldManager: Too long: may not be more than 128 bytes'],
      ['fieldManager=a%0Ab', 'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)'],
    ])('%s is rejected', async (query, words) => {
      const namespace = await server().namespace();
      const { status, body } = await create(namespace, configMap('any'), `?${query}`);
      expect([status, at(body, 'message')]).toEqual([422, `CreateOptions.meta.k8s.io "" is invalid: ${words}`]);
    });

    it('fieldManager is recorded', async () => {
      const namespace = await server().namespace();
      const { body } = await create(namespace, configMap('mine', { data: { a: '1' } }), '?fieldManager=me');
      expect(at(body, 'metadata', 'managedFields', 0, 'manager')).toBe('me');
    });
  });

  describe('update', () => {
    it('replaces the object', async () => {
      const namespace = await server().namespace();
      const { body: made } = await create(namespace, configMap('put', { data: { a: '1' } }, { labels: { a: 'b' } }));
      const { status, body } = await server().request('PUT', place(namespace, 'put'), {
        body: configMap('put', { data: { b: '2' } }),
      });
      expect(status).toBe(200);
      expect(at(body, 'data')).toEqual({ b: '2' });
      expect(at(body, 'metadata', 'labels')).toBeUndefined();
      for (const field of ['uid', 'creationTimestamp'])
        expect(at(body, 'metadata', field)).toBe(at(made, 'metadata', field));
      expect(Number(at(body, 'metadata', 'resourceVersion'))).toBeGreaterThan(
        Number(at(made, 'metadata', 'resourceVersion')),
      );
    });

    it('without changes is not a write', async () => {
      const namespace = await server().namespace();
      const { body: made } = await create(namespace, configMap('same', { data: { a: '1' } }));
      const { body } = await server().request('PUT', place(namespace, 'same'), {
        body: configMap('same', { data: { a: '1' } }),
      });
      expect(body).toEqual(made);
    });

    it.each<[string, JsonObject, number, (namespace: string) => JsonObject]>([
      [
        'another name',
        configMap('other'),
        400,
        () => failure(400, 'BadRequest', 'the name of the object (other) does not match the name on the URL (it)'),
      ],
      [
        'no name',
        { metadata: {} },
        400,
        () =>
          failure(
            400,
            'BadRequest',
            'the name of the object (it based on URL) was undeterminable: name must be provided',
          ),
      ],
      [
        'another namespace',
        configMap('it', {}, { namespace: 'another' }),
        400,
        () =>
          failure(
            400,
            'BadRequest',
            'the namespace of the provided object does not match the namespace sent on the request',
          ),
      ],
      [
        'an old version',
        configMap('it', {}, { resourceVersion: '1' }),
        409,
        () =>
          failure(
            409,
            'Conflict',
            'Operation cannot be fulfilled on configmaps "it": the object has been modified; please apply your changes to the latest version and try again',
            { name: 'it', kind: 'configmaps' },
          ),
      ],
      [
        'a malformed version',
        configMap('it', {}, { resourceVersion: 'zz' }),
        500,
        () => failure(500, '', 'strconv.ParseUint: parsing "zz": invalid syntax'),
      ],
      [
        'another uid',
        configMap('it', {}, { uid: NIL_UID }),
        409,
        () =>
          failure(
            409,
            'Conflict',
            'Operation cannot be fulfilled on configmaps "it": StorageError: invalid object, Code: 4, Key: /registry/configmaps/NAMESPACE/it, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: UID, UID in object meta: UID',
            { name: 'it', kind: 'configmaps' },
          ),
      ],
    ])('refuses %s', async (_what, body, status, answer) => {
      const namespace = await server().namespace();
      await create(namespace, configMap('it'));
      const given = await server().request('PUT', place(namespace, 'it'), { body });
      expect(plain(given, namespace)).toEqual([status, answer(namespace)]);
    });

    it('of a missing object is rejected', async () => {
      const namespace = await server().namespace();
      const answer = await server().request('PUT', place(namespace, 'none'), { body: configMap('none') });
      expect(plain(answer)).toEqual([404, absent('none')]);
    });

    it('creates a missing Lease, and requires the version of an existing one', async () => {
      const namespace = await server().namespace();
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/l`;
      const body = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
      expect((await server().request('PUT', path, { body })).status).toBe(201);
      const second = await server().request('PUT', path, { body });
      expect([second.status, at(second.body, 'message')]).toEqual([
        422,
        'leases.coordination.k8s.io "l" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      ]);
    });
  });

  describe('patch', () => {
    it('merge: sets, removes with null, keeps the rest', async () => {
      const namespace = await server().namespace();
      await create(namespace, configMap('p', { data: { keep: '1', drop: '2' } }));
      const { status, body } = await patch(place(namespace, 'p'), { data: { drop: null, add: '3' } });
      expect([status, at(body, 'data')]).toEqual([200, { keep: '1', add: '3' }]);
    });

    it('json: operations in order', async () => {
      const namespace = await server().namespace();
      await create(namespace, configMap('p', { data: { a: '1' } }));
      const operations = [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/b', value: '2' },
        { op: 'remove', path: '/data/a' },
      ];
      const { status, body } = await patch(place(namespace, 'p'), operations, JSON_PATCH);
      expect([status, at(body, 'data')]).toEqual([200, { b: '2' }]);
    });

    it('strategic: merges lists by their keys', async () => {
      const namespace = await server().namespace();
      const path = `/api/v1/namespaces/${namespace}/services`;
      const ports = [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ];
      await server().request('POST', path, { body: { metadata: { name: 's' }, spec: { ports } } });
      const { status, body } = await patch(`${path}/s`, { spec: { ports: [{ name: 'c', port: 81 }] } }, STRATEGIC);
      expect(status).toBe(200);
      const names = at(body, 'spec', 'ports');
      expect(Array.isArray(names) && names.map((port: Json) => at(port, 'name')).toSorted()).toEqual(['a', 'c']);
    });

    it('apply: creates, changes, removes; conflicts are reported, and can be forced', async () => {
      const namespace = await server().namespace();
      const path = place(namespace, 'applied');
      const made = await patch(`${path}?fieldManager=one`, configMap('applied', { data: { a: '1', b: '2' } }), APPLY);
      expect(made.status).toBe(201);
      const next = await patch(`${path}?fieldManager=one`, configMap('applied', { data: { a: '1' } }), APPLY);
      expect([next.status, at(next.body, 'data')]).toEqual([200, { a: '1' }]);
      const same = await patch(`${path}?fieldManager=one`, configMap('applied', { data: { a: '1' } }), APPLY);
      expect(same.body).toEqual(next.body);

      const other = configMap('applied', { data: { a: '9' } });
      expect(plain(await patch(`${path}?fieldManager=two`, other, APPLY))).toEqual([
        409,
        failure(409, 'Conflict', 'Apply failed with 1 conflict: conflict with "one": .data.a', {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }],
        }),
      ]);
      const forced = await patch(`${path}?fieldManager=two&force=true`, other, APPLY);
      expect([forced.status, at(forced.body, 'data')]).toEqual([200, { a: '9' }]);
      const managers = at(forced.body, 'metadata', 'managedFields');
      expect(
        Array.isArray(managers) && managers.map((one: Json) => [at(one, 'manager'), at(one, 'operation')]),
      ).toEqual([['two', 'Apply']]);
    });

    it.each<[string, string, Json, string, number, JsonObject]>([
      [
        'an unknown type',
        '',
        {},
        'application/json',
        415,
        failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {}),
      ],
      [
        'half of it',
        '',
        '{',
        MERGE,
        400,
        failure(400, 'BadRequest', 'error decoding patch: unexpected end of JSON input'),
      ],
      [
        'a list instead of an object',
        '',
        [],
        MERGE,
        400,
        failure(
          400,
          'BadRequest',
          'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
        ),
      ],
      [
        'another name',
        '',
        { metadata: { name: 'other' } },
        MERGE,
        400,
        failure(400, 'BadRequest', 'the name of the object (other) does not match the name on the URL (it)'),
      ],
      [
        'an old version',
        '',
        { metadata: { resourceVersion: '1' } },
        MERGE,
        409,
        failure(
          409,
          'Conflict',
          'Operation cannot be fulfilled on configmaps "it": the object has been modified; please apply your changes to the latest version and try again',
          { name: 'it', kind: 'configmaps' },
        ),
      ],
      [
        'another uid',
        '',
        { metadata: { uid: 'b' } },
        MERGE,
        422,
        failure(422, 'Invalid', 'ConfigMap "it" is invalid: metadata.uid: Invalid value: "b": field is immutable', {
          name: 'it',
          kind: 'ConfigMap',
          causes: [1, 2].map(() => ({
            reason: 'FieldValueInvalid',
            message: 'Invalid value: "b": field is immutable',
            field: 'metadata.uid',
          })),
        }),
      ],
      [
        'apply without a manager',
        '',
        configMap('it'),
        APPLY,
        422,
        failure(
          422,
          'Invalid',
          'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
          {
            group: 'meta.k8s.io',
            kind: 'PatchOptions',
            causes: [
              {
                reason: 'FieldValueRequired',
                message: 'Required value: is required for apply patch',
                field: 'fieldManager',
              },
            ],
          },
        ),
      ],
      [
        'apply without a kind',
        '?fieldManager=f',
        { data: {} },
        APPLY,
        400,
        failure(400, 'BadRequest', 'invalid object type: /, Kind='),
      ],
      [
        'force without apply',
        '?force=true',
        {},
        MERGE,
        422,
        failure(
          422,
          'Invalid',
          'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
          {
            group: 'meta.k8s.io',
            kind: 'PatchOptions',
            causes: [
              {
                reason: 'FieldValueForbidden',
                message: 'Forbidden: may not be specified for non-apply patch',
                field: 'force',
              },
            ],
          },
        ),
      ],
    ])('refuses %s', async (_what, query, body, type, status, answer) => {
      const namespace = await server().namespace();
      await create(namespace, configMap('it'));
      expect(plain(await patch(`${place(namespace, 'it')}${query}`, body, type))).toEqual([status, answer]);
    });

    it('of a missing object is rejected', async () => {
      const namespace = await server().namespace();
      expect(plain(await patch(place(namespace, 'none'), { data: { a: '1' } }))).toEqual([404, absent('none')]);
    });
  });

  describe('delete', () => {
    const remove = (path: string, body?: Json) => server().request('DELETE', path, body === undefined ? {} : { body });

    it('returns a Status about the deleted object', async () => {
      const namespace = await server().namespace();
      await create(namespace, configMap('d'));
      expect(plain(await remove(place(namespace, 'd')))).toEqual([
        200,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Success',
          details: { name: 'd', kind: 'configmaps', uid: 'UID' },
        },
      ]);
      expect(plain(await remove(place(namespace, 'd')))).toEqual([404, absent('d')]);
    });

    it('returns a deleted Service itself', async () => {
      const namespace = await server().namespace();
      const path = `/api/v1/namespaces/${namespace}/services`;
      await server().request('POST', path, { body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } } });
      expect(await remove(`${path}/s`)).toMatchObject({
        status: 200,
        body: { kind: 'Service', metadata: { name: 's' } },
      });
    });

    it('of a dry run deletes nothing', async () => {
      const namespace = await server().namespace();
      await create(namespace, configMap('d'));
      expect((await remove(`${place(namespace, 'd')}?dryRun=All`)).status).toBe(200);
      expect((await server().request('GET', place(namespace, 'd'))).status).toBe(200);
    });

    it('waits for finalizers', async () => {
      const namespace = await server().namespace();
      const path = place(namespace, 'held');
      await create(namespace, configMap('held', {}, { finalizers: ['example.com/a', 'example.com/b'] }));
      const { status, body } = await remove(path);
      expect([status, at(body, 'kind'), at(body, 'metadata', 'deletionGracePeriodSeconds')]).toEqual([
        200,
        'ConfigMap',
        0,
      ]);
      expect(at(body, 'metadata', 'deletionTimestamp')).toMatch(/Z$/);
      expect((await remove(path)).body).toEqual(body);

      const added = await patch(path, { metadata: { finalizers: ['example.com/a', 'example.com/c'] } });
      expect([added.status, at(added.body, 'message')]).toEqual([
        422,
        'ConfigMap "held" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/c"}',
      ]);
      const one = await patch(path, { metadata: { finalizers: ['example.com/a'] } });
      expect(at(one.body, 'metadata', 'finalizers')).toEqual(['example.com/a']);
      const last = await patch(path, { metadata: { finalizers: null } });
      expect([last.status, at(last.body, 'metadata', 'finalizers')]).toEqual([200, undefined]);
      expect(plain(await server().request('GET', path))).toEqual([404, absent('held')]);
    });

    it.each<[string, Json, number, string]>([
      [
        'another uid',
        { preconditions: { uid: NIL_UID } },
        409,
        'Operation cannot be fulfilled on ConfigMap "it": the UID in the precondition (UID) does not match the UID in record (UID). The object might have been deleted and then recreated',
      ],
      [
        'another version',
        { preconditions: { resourceVersion: '1' } },
        409,
        'Operation cannot be fulfilled on ConfigMap "it": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (N). The object might have been modified',
      ],
      [
        'an unknown policy',
        { propagationPolicy: 'Nonsense' },
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Nonsense": supported values: "Foreground", "Background", "Orphan", "nil"',
      ],
      [
        'another kind',
        { kind: 'Foo', apiVersion: 'v1' },
        500,
        'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:110"',
      ],
    ])('refuses %s', async (_what, options, status, message) => {
      const namespace = await server().namespace();
      await create(namespace, configMap('it'));
      const answer = await remove(place(namespace, 'it'), options);
      const words = String(at(normalized(answer.body), 'message')).replace(/record \(\d+\)/, 'record (N)');
      expect([answer.status, words]).toEqual([status, message]);
    });

    it('of a collection deletes the selected objects and returns them', async () => {
      const namespace = await server().namespace();
      for (const name of ['a', 'b', 'c'])
        await create(namespace, configMap(name, {}, { labels: { part: name === 'c' ? 'two' : 'one' } }));
      const { status, body } = await remove(`${place(namespace)}?labelSelector=part=one`);
      expect([status, at(body, 'kind')]).toEqual([200, 'ConfigMapList']);
      const items = at(body, 'items');
      expect(Array.isArray(items) && items.map((item: Json) => at(item, 'metadata', 'name'))).toEqual(['a', 'b']);
      expect((await server().request('GET', place(namespace, 'a'))).status).toBe(404);
      expect((await server().request('GET', place(namespace, 'c'))).status).toBe(200);
    });
  });

  describe('paths and methods', () => {
    it.each<[string, string, number, Json]>([
      ['GET', '/api/v1/namespaces/NS/configmaps/none', 404, absent('none')],
      ['GET', '/api/v1/namespaces/NS/configmaps/none/status', 404, NOT_SERVED],
      ['GET', '/api/v1/namespaces/NS/nothings', 404, NOT_SERVED],
      ['GET', '/api/v1/configmaps/none', 404, NOT_SERVED],
      ['GET', '/apis/apps/v1/nothings', 404, NOT_SERVED],
      ['GET', '/apis/apps/v2/deployments', 404, NOT_SERVED],
      ['GET', '/apis/nobody.example/v1/nothings', 404, '404 page not found\n'],
      ['GET', '/nowhere', 404, '404 page not found\n'],
      ['POST', '/api/v1/configmaps', 405, NOT_ALLOWED],
      ['PUT', '/api/v1/namespaces/NS/configmaps', 405, NOT_ALLOWED],
      ['PATCH', '/api/v1/namespaces/NS/configmaps', 405, NOT_ALLOWED],
      ['POST', '/api/v1/namespaces/NS/configmaps/none', 405, NOT_ALLOWED],
      ['DELETE', '/api/v1/configmaps', 405, NOT_ALLOWED],
    ])('%s %s', async (method, path, status, body) => {
      const namespace = await server().namespace();
      const verb = method === 'GET' || method === 'POST' || method === 'PUT' || method === 'PATCH' ? method : 'DELETE';
      const sent = verb === 'GET' || verb === 'DELETE' ? {} : { body: {} };
      expect(plain(await server().request(verb, path.replace('NS', namespace), sent))).toEqual([status, body]);
    });

    it.each([
      ['', ''],
      ['s', ', application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'],
    ])('an unsupported representation of object%s is rejected', async (list, more) => {
      const path = list === '' ? '/api/v1/namespaces/default' : '/api/v1/namespaces';
      const available = `application/json, application/yaml, application/vnd.kubernetes.protobuf${more}`;
      const message = `406: Not Acceptable\n\nAvailable representations: ${available}`;
      expect(plain(await server().request('GET', path, { headers: { accept: 'text/html' } }))).toEqual([
        406,
        failure(406, 'NotAcceptable', message, {}),
      ]);
    });

    it('another token is rejected', async () => {
      const bad = await server().request('GET', '/api/v1/namespaces', { headers: { authorization: 'Bearer bad' } });
      expect(plain(bad)).toEqual([401, failure(401, 'Unauthorized', 'Unauthorized')]);
    });
  });
});
