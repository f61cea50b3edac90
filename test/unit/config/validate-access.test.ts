import { expect, test } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { FleetConfigError } from '../../../src/config/problems.ts';

/** `CODE field: text` of each problem of a file with members "cluster1" and "cluster2". */
function problems(spec: object, members: readonly object[] = [{}, {}]): string[] {
  const named = members.map((fields, index) => ({ name: `cluster${index + 1}`, context: `c${index + 1}`, ...fields }));
  const text = JSON.stringify({
    apiVersion: 'catamaran.dev/v1alpha1',
    kind: 'Fleet',
    spec: { ...spec, members: named },
  });
  try {
    parseFleet(text, { file: 'fleet.yaml' });
  } catch (error) {
    if (!(error instanceof FleetConfigError)) throw error;
    return error.problems.map(({ code, message }) => `${code} ${message.replace(/^fleet.yaml:\d+:\d+: /, '')}`);
  }
  return [];
}

test.each<[object, string]>([
  [
    { name: 'pay', export: { members: ['cluster3'] } },
    'spec.namespaces[0].export.members[0]: member "cluster3" not found; did you mean cluster1?',
  ],
  [
    { name: 'pay', import: { members: ['somewhere'] } },
    'spec.namespaces[0].import.members[0]: member "somewhere" not found; available: cluster1, cluster2, or "*" for all',
  ],
  [
    { name: 'pay', export: { members: ['cluster1', 'cluster1'] } },
    'spec.namespaces[0].export.members[1]: "cluster1" is a duplicate of [0]',
  ],
  [
    { name: 'pay', export: { members: ['*', 'cluster1'] } },
    'spec.namespaces[0].export.members[0]: "*" stands for all members; remove the others',
  ],
  [
    { name: 'pay' },
    'spec.namespaces[0]: sets nothing; use import.mode, import.members, export.members or export.slices',
  ],
  [
    { name: 'pay', export: {} },
    'spec.namespaces[0]: sets nothing; use import.mode, import.members, export.members or export.slices',
  ],
  [
    { name: 'p*y', export: { members: [] } },
    'spec.namespaces[0].name: "p*y" is not a namespace or a prefix of namespaces; use one such as payments, team-* or *',
  ],
  [
    { name: 'pay', export: { members: ['Cluster1'] } },
    'spec.namespaces[0].export.members[0]: "Cluster1" is not the name of a member; use one of spec.members, or * for all',
  ],
])('the namespace %j is rejected', (entry, expected) => {
  expect(problems({ namespaces: [entry] })).toContain(`CTM_CONFIG_INVALID ${expected}`);
});

test.each([
  ['a b', 'is not a key; use one such as team or example.com/team, or a prefix such as example.com/*'],
  ['kubernetes.io/*', 'is reserved for Kubernetes and Catamaran'],
  ['app.k8s.io/name', 'is reserved for Kubernetes and Catamaran'],
  ['catamaran.dev/import-origin', 'is reserved for Kubernetes and Catamaran'],
])('the exported key %j is rejected', (key, expected) => {
  for (const field of ['exportedLabels', 'exportedAnnotations']) {
    const [problem] = problems({ [field]: { allow: [key] } });
    expect(problem).toBe(`CTM_CONFIG_INVALID spec.${field}.allow[0]: ${JSON.stringify(key)} ${expected}`);
  }
});

test('exported keys, prefixes and * are valid', () => {
  expect(problems({ exportedLabels: { allow: ['team', 'example.com/team', 'example.com/*', 'app*', '*'] } })).toEqual(
    [],
  );
});

test.each(['podCIDRs', 'nodeCIDRs', 'extraCIDRs'])('%s cannot overlap the Service network of any member', (field) => {
  const expected = expect.stringMatching(
    /^CTM_CONFIG_OVERLAP .*10\.96\.1\.0\/24 of member "cluster1" overlaps 10\.96\.0\.0\/12 \(serviceCIDRs\) of member "cluster[12]"/,
  );
  expect(problems({}, [{ [field]: ['10.96.1.0/24'] }, { serviceCIDRs: ['10.96.0.0/12'] }])).toEqual([expected]);
  expect(problems({}, [{ [field]: ['10.96.1.0/24'], serviceCIDRs: ['10.96.0.0/12'] }, {}])).toEqual([expected]);
  expect(problems({}, [{ [field]: ['10.1.0.0/16'], serviceCIDRs: ['10.96.0.0/12'] }, {}])).toEqual([]);
});

test('limits are at least 1', () => {
  expect(problems({ limits: { exportsPerMember: 0 } })).toHaveLength(1);
  expect(problems({ limits: { exportedBytes: 1_000_000 } })).toHaveLength(1);
});
