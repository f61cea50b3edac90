import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { asText, type JsonObject, metadataOf } from '../../../src/api/json.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { MODES } from '../../../src/install/chart-values.ts';
import { installedObjects, mergedValues, removableObjects } from '../../../src/install/installation.ts';
import { parseValues } from '../../../src/install/load-values.ts';
import { MEMBER_RULES } from '../../../src/install/role-rules.ts';

const PLACE = { namespace: 'catamaran-system', version: '1.2.3', kubernetes: '1.34' };

const objectsOf = (values: JsonObject, kubernetes = '1.34') => installedObjects({ ...PLACE, values, kubernetes });

const MONITORED = {
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true },
  dashboard: { enabled: true },
};

function nameOf(object: JsonObject): string {
  const { kind } = object;
  const metadata = metadataOf(object);
  return [kind, asText(metadata?.namespace), asText(metadata?.name)].filter((part) => part !== undefined).join(' ');
}

describe('an installation', () => {
  it.each(MODES)('of mode %s has these objects', (mode) => {
    expect(objectsOf({ mode }).map(nameOf)).toMatchSnapshot();
  });

  it('with everything that is optional has these objects more', () => {
    const plain = objectsOf({ mode: 'cluster' }).map(nameOf);
    const all = objectsOf({ mode: 'cluster', dns: { enabled: true }, ...MONITORED }).map(nameOf);
    expect(all.filter((name) => !plain.includes(name))).toMatchSnapshot();
  });

  it('has no policy before Kubernetes 1.30', () => {
    const kinds = (kubernetes: string) => objectsOf({ mode: 'member' }, kubernetes).map(({ kind }) => kind);
    expect(kinds('1.29')).not.toContain('ValidatingAdmissionPolicy');
    expect(kinds('1.30')).toContain('ValidatingAdmissionPolicy');
  });

  it('has a fleet file that the controller reads', () => {
    const fleet = { members: [{ name: 'a', inCluster: true, podCIDRs: ['10.1.0.0/16'] }], derivedPrefix: 'x-' };
    const config = objectsOf({ mode: 'cluster', fleet }).find(({ kind }) => kind === 'ConfigMap');
    const text = Object(config?.data)['fleet.yaml'];
    expect(parseFleet(text, { file: 'fleet.yaml' })).toMatchObject({ derivedPrefix: 'x-', members: [{ name: 'a' }] });
  });

  it('uninstalls what any values install', () => {
    const removable = new Set(removableObjects(PLACE).map(nameOf));
    const console = { enabled: true, write: true };
    const values = { dns: { enabled: true }, ...MONITORED, crds: { enabled: false }, console };
    const installed = MODES.flatMap((mode) => objectsOf({ mode, ...values })).map(nameOf);
    expect(installed.filter((name) => !removable.has(name))).toEqual([]);
  });

  describe('with the console', () => {
    const optionsOf = (values: JsonObject): readonly string[] => {
      const { spec } = objectsOf(values).find(({ kind }) => kind === 'Deployment') ?? {};
      const { args } = Object(spec).template.spec.containers[0];
      return args.filter((arg: string) => arg.startsWith('--console'));
    };
    const moreWith = (mode: string, console: JsonObject): readonly string[] => {
      const plain = objectsOf({ mode }).map(nameOf);
      return objectsOf({ mode, console })
        .map(nameOf)
        .filter((name) => !plain.includes(name));
    };
    const REVIEWS = [
      'ClusterRole catamaran-console-reviews',
      'ClusterRoleBinding catamaran-console-reviews',
      'Service catamaran-system catamaran-console',
    ];
    const CHANGES = ['ClusterRole catamaran-console-changes', 'ClusterRoleBinding catamaran-console-changes'];

    it.each([
      ['hub', { enabled: true }, REVIEWS],
      ['hub', { enabled: true, write: true }, REVIEWS],
      ['cluster', { enabled: true }, REVIEWS],
      ['cluster', { enabled: true, write: true }, [...CHANGES, ...REVIEWS]],
      ['member', { enabled: true }, []],
      ['member', { write: true }, CHANGES],
      ['hub', { write: true }, []],
      ['cluster', { write: true }, []],
      ['dns', { enabled: true, write: true }, []],
    ])('%s %j has the objects and rights for that', (mode, console, expected) => {
      expect(moreWith(mode, console)).toEqual(expected);
    });

    it('serves it read-only unless changes are allowed', () => {
      const hosts = ['a.example.org', 'b.example.org'];
      expect(optionsOf({ console: { hosts, write: true } })).toEqual([]);
      expect(optionsOf({ console: { enabled: true } })).toEqual(['--console=[::]:9480']);
      expect(optionsOf({ console: { enabled: true, write: true, port: 8080, hosts } })).toEqual([
        '--console=[::]:8080',
        '--console-write',
        '--console-host=a.example.org',
        '--console-host=b.example.org',
      ]);
    });

    it('has a token for the reviews, even if no members come from inventories', () => {
      const fleet = { inventories: [] };
      const tokenIn = (values: JsonObject) =>
        Object(objectsOf(values).find(({ kind }) => kind === 'Deployment')?.spec).template.spec
          .automountServiceAccountToken;
      expect(tokenIn({ fleet })).toBe(false);
      expect(tokenIn({ fleet, console: { enabled: true } })).toBe(true);
    });
  });

  it('gives its pods no rights on their nodes, and two replicas', () => {
    const pods = objectsOf({ mode: 'cluster', dns: { enabled: true } }).filter(({ kind }) => kind === 'Deployment');
    expect(pods).toHaveLength(2);
    for (const { spec } of pods) {
      expect(spec).toMatchObject({
        replicas: 2,
        template: {
          spec: {
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [
              {
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  capabilities: { drop: ['ALL'] },
                },
              },
            ],
          },
        },
      });
    }
  });

  it('gives a member’s account the rights of examples/run/rbac.yaml', () => {
    const text = readFileSync(new URL('../../../examples/run/rbac.yaml', import.meta.url), 'utf8');
    const example = parseAllDocuments(text).map((document): JsonObject => document.toJS());
    const rolesOf = (objects: readonly JsonObject[]) =>
      objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role').map(({ rules }) => rules);
    expect(rolesOf(objectsOf({ mode: 'member' }))).toEqual(rolesOf(example));
    expect(rolesOf(example)).toContainEqual(MEMBER_RULES);
  });
});

describe('values', () => {
  it('are merged as by Helm: fields of objects, whole lists, null removes', () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 'x' };
    expect(mergedValues(base, { a: { c: [3] }, d: null }, { e: 2 })).toEqual({ a: { b: 1, c: [3] }, e: 2 });
  });

  it.each([
    ['mode: hubb', 'v.yaml:1:7: mode: "hubb" is not supported; did you mean hub?'],
    ['imag: {}', 'v.yaml:1:1: imag: unknown field; did you mean image?'],
    ['controller:\n  replicas: two', 'v.yaml:2:13: controller.replicas: "two" is not a number'],
    ['console: {port: 80}', 'v.yaml:1:17: console.port: '],
    ['console: {port: 9470}', 'v.yaml:1:17: console.port: 9470 is the port of metrics and probes'],
    ['console: {hosts: ["https://a"]}', 'v.yaml:1:19: console.hosts[0]: '],
    ['image: {tag: "a b"}', 'v.yaml:1:14: image.tag: '],
    ['fleet: {members: [{name: A}]}', 'v.yaml:1:26: fleet.members[0].name: '],
    ['mode: [', 'v.yaml:'],
  ])('%j is reported with its place', (text, message) => {
    expect(() => parseValues(text, 'v.yaml')).toThrow(message);
  });

  it('of an empty file change nothing', () => {
    expect(parseValues('', 'v.yaml')).toEqual({});
    expect(parseValues('# none\n', 'v.yaml')).toEqual({});
  });
});
