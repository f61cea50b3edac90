/** Lists: order, selectors, pages, versions. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/api/json.ts';
import { type Answer, at, onBothServers, type TestServer } from '../../support/api-servers/both-servers.ts';

/** Labels of the ConfigMaps used by most selector cases. */
const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  a: { tier: 'front', size: '5' },
  b: { tier: 'back', size: '10' },
  c: { tier: 'front' },
  d: { empty: '' },
  e: {},
};

onBothServers((server) => {
  let namespace: string;
  const maps = (query = ''): string => `/api/v1/namespaces/${namespace}/configmaps${query === '' ? '' : `?${query}`}`;
  const list = (query = ''): Promise<Answer> => server().request('GET', maps(query));
  const message = ({ body }: Answer): Json => at(body, 'message') ?? null;

  async function make(on: TestServer, name: string, labels: JsonObject = {}): Promise<Answer> {
    return await on.request('POST', maps(), { body: { metadata: { name, labels } } });
  }

  /** Names in a list, without the ConfigMap that kube-controller-manager adds to every namespace. */
  function names({ body }: Answer): readonly Json[] {
    const items = at(body, 'items');
    if (!Array.isArray(items)) throw new Error(JSON.stringify(body));
    return items
      .map((item: Json) => at(item, 'metadata', 'name') ?? null)
      .filter((name) => name !== 'kube-root-ca.crt');
  }

  beforeAll(async () => {
    namespace = await server().namespace('lists');
    for (const name of ['c', 'a', 'e', 'b', 'd']) await make(server(), name, LABELS[name]);
  });

  it('are sorted by name, and their items have no kind', async () => {
    const answer = await list();
    expect(names(answer)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(Object.keys(Object(at(answer.body, 'items', 0))).toSorted()).toEqual(['metadata']);
    expect(Number(at(answer.body, 'metadata', 'resourceVersion'))).toBeGreaterThan(0);
  });

  it('of all namespaces are sorted by namespace and name', async () => {
    const { body } = await server().request('GET', '/api/v1/configmaps');
    const items = at(body, 'items');
    const keys = Array.isArray(items)
      ? items.map((item: Json) => `${at(item, 'metadata', 'namespace')}/${at(item, 'metadata', 'name')}`)
      : [];
    expect(keys.length).toBeGreaterThanOrEqual(5);
    expect(keys).toEqual(keys.toSorted());
  });

  describe('labelSelector', () => {
    it.each([
      ['tier=front', ['a', 'c']],
      ['tier==front', ['a', 'c']],
      ['tier!=front', ['b', 'd', 'e']],
      ['tier in (front,back)', ['a', 'b', 'c']],
      ['tier notin (front)', ['b', 'd', 'e']],
      ['tier', ['a', 'b', 'c']],
      ['!tier', ['d', 'e']],
      ['size>5', ['b']],
      ['size<6', ['a']],
      ['tier=front,size', ['a']],
      ['tier in (front), !size', ['c']],
      ['empty=', ['d']],
      ['empty in ()', ['d']],
      ['tier in (,back)', ['b']],
      ['in in (in)', []],
      [' ', ['a', 'b', 'c', 'd', 'e']],
    ])('%s', async (selector, expected) => {
      expect(names(await list(`labelSelector=${encodeURIComponent(selector)}`))).toEqual(expected);
    });

    it.each([
      ['a=(', "unable to parse requirement: found '(', expected: identifier"],
      ['a in b', "unable to parse requirement: found 'b' expected: '('"],
      ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
      ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
      ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
      ['a,', "found '', expected: identifier after ','"],
      ['=a', "found '=', expected: !, identifier, or 'end of string'"],
      ['!', "unable to parse requirement: found '', expected: identifier"],
      ['a=b c', "found 'c', expected: ',' or 'end of string'"],
      ['!a=b', "found '=', expected: ',' or 'end of string'"],
      [
        'a>b',
        "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
      ],
      ['a=b!', "found '!', expected: ',' or 'end of string'"],
      [
        '-a',
        "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
      [
        'a=-b',
        "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ])('%s is rejected', async (selector, words) => {
      const answer = await list(`labelSelector=${encodeURIComponent(selector)}`);
      expect([answer.status, message(answer)]).toEqual([400, words]);
    });
  });

  describe('fieldSelector', () => {
    it.each([
      ['metadata.name=a', ['a']],
      ['metadata.name!=a', ['b', 'c', 'd', 'e']],
      ['metadata.name==a,metadata.namespace!=other', ['a']],
      ['metadata.name=none', []],
    ])('%s', async (selector, expected) => {
      expect(names(await list(`fieldSelector=${encodeURIComponent(selector)}`))).toEqual(expected);
    });

    it.each([
      ['foo=b', '"foo" is not a known field selector: only "metadata.name", "metadata.namespace"'],
      ['foo', "invalid selector: 'foo'; can't understand 'foo'"],
      ['metadata.name=a,foo', "invalid selector: 'metadata.name=a,foo'; can't understand 'foo'"],
    ])('%s is rejected', async (selector, words) => {
      const answer = await list(`fieldSelector=${encodeURIComponent(selector)}`);
      expect([answer.status, message(answer)]).toEqual([400, words]);
    });

    it('of a resource with its own selectable fields', async () => {
      const phase = await server().request('GET', '/api/v1/namespaces?fieldSelector=status.phase=Active');
      expect(names(phase)).toContain('default');
      const bad = await server().request('GET', '/api/v1/namespaces?fieldSelector=foo=x');
      expect([bad.status, message(bad)]).toEqual([400, 'field label not supported: foo']);
    });
  });

  describe('pages', () => {
    let paged: string;
    const page = (query: string): Promise<Answer> =>
      server().request('GET', `/api/v1/namespaces/${paged}/secrets?${query}`);
    const secret = (name: string): Promise<Answer> =>
      server().request('POST', `/api/v1/namespaces/${paged}/secrets`, { body: { metadata: { name } } });
    const next = ({ body }: Answer): string => encodeURIComponent(String(at(body, 'metadata', 'continue')));

    beforeAll(async () => {
      paged = await server().namespace('pages');
      for (const name of ['a', 'b', 'c', 'd', 'e']) await secret(name);
    });

    it('show one version, regardless of changes between them', async () => {
      const first = await page('limit=2');
      expect(names(first)).toEqual(['a', 'b']);
      expect(at(first.body, 'metadata', 'remainingItemCount')).toBe(3);
      await secret('bb');
      await server().request('DELETE', `/api/v1/namespaces/${paged}/secrets/d`);
      const second = await page(`limit=2&continue=${next(first)}`);
      expect(names(second)).toEqual(['c', 'd']);
      expect(at(second.body, 'metadata', 'remainingItemCount')).toBe(1);
      const third = await page(`limit=2&continue=${next(second)}`);
      expect(names(third)).toEqual(['e']);
      expect(at(third.body, 'metadata', 'continue')).toBeUndefined();
      for (const { body } of [second, third])
        expect(at(body, 'metadata', 'resourceVersion')).toBe(at(first.body, 'metadata', 'resourceVersion'));
      expect(names(await page(''))).toEqual(['a', 'b', 'bb', 'c', 'e']);
    });

    it('of a selection do not report the number of remaining objects', async () => {
      const { body } = await page('limit=1&labelSelector=!x');
      expect(at(body, 'metadata', 'continue')).toMatch(/^[\w-]+$/);
      expect(at(body, 'metadata', 'remainingItemCount')).toBeUndefined();
    });

    it('are not used if all objects fit', async () => {
      const { body } = await page('limit=50');
      expect(at(body, 'metadata', 'continue')).toBeUndefined();
      expect(at(body, 'metadata', 'remainingItemCount')).toBeUndefined();
    });

    it.each([
      ['limit=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
      [
        'continue=abc&limit=1',
        400,
        "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
      ],
    ])('%s is rejected', async (query, status, words) => {
      const answer = await page(query);
      expect([answer.status, message(answer)]).toEqual([status, words]);
    });

    it('are rejected if a version is combined with the token', async () => {
      const answer = await page(`limit=1&resourceVersion=5&continue=${next(await page('limit=1'))}`);
      expect([answer.status, message(answer)]).toEqual([
        400,
        'specifying resource version is not allowed when using continue',
      ]);
    });
  });

  describe('resourceVersion', () => {
    const forbidden = (words: string): string =>
      `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${words}`;

    it('0, an old one, and Exact', async () => {
      const past = String(at((await list()).body, 'metadata', 'resourceVersion'));
      await make(server(), 'later');
      const exact = await list(`resourceVersion=${past}&resourceVersionMatch=Exact`);
      expect(names(exact)).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(at(exact.body, 'metadata', 'resourceVersion')).toBe(past);
      for (const query of [`resourceVersion=${past}&resourceVersionMatch=NotOlderThan`, `resourceVersion=${past}`])
        expect(names(await list(query))).toContain('later');
      await expect.poll(async () => names(await list('resourceVersion=0&limit=1'))).toContain('later');
      await server().request('DELETE', `/api/v1/namespaces/${namespace}/configmaps/later`);
    });

    it.each([
      [
        'resourceVersion=abc',
        400,
        'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      ],
      [
        'resourceVersion=0&resourceVersionMatch=Exact',
        422,
        forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      ],
      [
        'resourceVersionMatch=Exact',
        422,
        forbidden('resourceVersionMatch is forbidden unless resourceVersion is provided'),
      ],
      [
        'resourceVersion=1&resourceVersionMatch=Foo',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Foo": supported values: "Exact", "NotOlderThan", ""',
      ],
      [
        'sendInitialEvents=true',
        422,
        'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
      ],
    ])('%s is rejected', async (query, status, words) => {
      const answer = await list(query);
      expect([answer.status, message(answer)]).toEqual([status, words]);
    });

    it('in the future is rejected, for single objects, too', async () => {
      for (const path of [maps('resourceVersion=999999999'), '/api/v1/namespaces/default?resourceVersion=999999999']) {
        const { status, body } = await server().request('GET', path);
        expect(status).toBe(504);
        expect(at(body, 'message')).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
        expect(at(body, 'details')).toEqual({
          causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
          retryAfterSeconds: 1,
        });
      }
    });
  });
});
