import { describe, expect, test } from 'vitest';
import type { ServiceImportSpec } from '../../../../src/api/multicluster.ts';
import { readRequest } from '../../../../src/core/desired/request.ts';
import { anImport, HTTP } from '../../../support/core/objects.ts';
import { ADMIN, asking, readiness } from '../../../support/core/scenarios.ts';

describe('a request', () => {
  test.each<[string, Partial<ServiceImportSpec>, string]>([
    [
      'a bad protocol',
      { ports: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      'spec.ports[0].protocol: "HTTP" is not allowed; use TCP, UDP or SCTP',
    ],
    [
      'a protocol in lower case',
      { ports: [{ port: 80, protocol: 'tcp' }] },
      'spec.ports[0].protocol: "tcp" is not allowed; use TCP, UDP or SCTP',
    ],
    ['port 0', { ports: [{ port: 0 }] }, 'spec.ports[0].port: 0 is not allowed; use 1 to 65535'],
    ['port 65536', { ports: [{ port: 65_536 }] }, 'spec.ports[0].port: 65536 is not allowed; use 1 to 65535'],
    [
      'a bad name',
      { ports: [{ name: 'HTTP_', port: 80 }] },
      'spec.ports[0].name: "HTTP_" is not allowed; use at most 63 of a-z, 0-9 and -',
    ],
    [
      'a bad appProtocol',
      { ports: [{ port: 80, appProtocol: 'a b' }] },
      'spec.ports[0].appProtocol: "a b" is not allowed; use a name such as "http" or "example.com/name"',
    ],
    ['no ports', { ports: [] }, 'spec.ports: a ClusterSetIP import needs at least one port'],
  ])('rule 39: with %s is told so, and gets nothing', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(readiness(cluster2)).toBe(`False InvalidPort: ${message}`);
    expect(cluster2.derivedService).toBeUndefined();
    expect(cluster2.derivedSlices).toEqual([]);
  });

  test.each<[string, Partial<ServiceImportSpec>, string]>([
    [
      'a name twice',
      { ports: [HTTP, { ...ADMIN, name: 'http' }] },
      'spec.ports[1].name: "http" duplicates spec.ports[0]',
    ],
    [
      'a port twice',
      { ports: [HTTP, { ...HTTP, name: 'again' }] },
      'spec.ports[1].port: 80/TCP duplicates spec.ports[0]',
    ],
    [
      'a bad port beside a good one',
      { ports: [{ port: -1 }, HTTP] },
      'spec.ports[0].port: -1 is not allowed; use 1 to 65535',
    ],
  ])('rule 39: with %s is served without it', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(readiness(cluster2)).toBe(`False InvalidPort: ${message}`);
    expect(cluster2.derivedService?.spec.ports).toMatchObject([HTTP]);
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
  });

  test.each<[string, object, string]>([
    [
      'session affinity',
      { sessionAffinity: 'Cookie' },
      'spec.sessionAffinity: "Cookie" is not allowed; use None or ClientIP',
    ],
    [
      'internal traffic policy',
      { internalTrafficPolicy: 'Zone' },
      'spec.internalTrafficPolicy: "Zone" is not allowed; use Cluster or Local',
    ],
    [
      'traffic distribution',
      { trafficDistribution: 'Near' },
      'spec.trafficDistribution: "Near" is not allowed; use PreferClose, PreferSameZone or PreferSameNode',
    ],
    [
      'affinity timeout',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds: 0 is not allowed; use 1 to 86400',
    ],
  ])('rule 39: with a bad %s is served with that of the exports', (_, spec, message) => {
    const cluster2 = asking(spec).member('cluster2');
    expect(readiness(cluster2)).toBe(`False InvalidField: ${message}`);
    expect(cluster2.addresses).toEqual(['10.1.0.1']);
  });
});

describe('readRequest', () => {
  const read = (spec: Partial<ServiceImportSpec>) => readRequest(anImport(spec).spec);

  test('returns what was set and is valid, and nothing else', () => {
    expect(read({ ports: [{ port: 80 }] })).toStrictEqual({
      ports: [{ name: '', protocol: 'TCP', port: 80 }],
      problems: [],
    });
    expect(
      read({
        ports: [{ name: 'dns', protocol: 'UDP', port: 65_535, appProtocol: 'dns' }],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferSameNode',
      }),
    ).toStrictEqual({
      ports: [{ name: 'dns', protocol: 'UDP', port: 65_535, appProtocol: 'dns' }],
      sessionAffinity: 'ClientIP',
      affinitySeconds: 60,
      internalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferSameNode',
      problems: [],
    });
  });

  test.each([
    [0, false],
    [1, true],
    [86_400, true],
    [86_401, false],
  ])('takes a timeout of %d s: %s', (timeoutSeconds, valid) => {
    const { affinitySeconds, problems } = read({ sessionAffinityConfig: { clientIP: { timeoutSeconds } } });
    expect(affinitySeconds).toBe(valid ? timeoutSeconds : undefined);
    expect(problems).toHaveLength(valid ? 0 : 1);
  });

  test('takes an empty text and an empty config for unset', () => {
    const unset = read({});
    expect(read({ trafficDistribution: '', sessionAffinityConfig: {} })).toStrictEqual(unset);
    expect(unset.problems).toEqual([]);
  });

  test('tells ports without a name apart by number', () => {
    const { ports, problems } = read({ ports: [{ port: 80 }, { port: 81 }] });
    expect(ports.map(({ name }) => name)).toEqual(['tcp-80', 'tcp-81']);
    expect(problems).toEqual([]);
  });

  test('needs no port of a headless import', () => {
    expect(read({ type: 'Headless', ports: [] }).problems).toEqual([]);
  });
});
