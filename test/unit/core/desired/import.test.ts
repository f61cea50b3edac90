import { describe, expect, test } from 'vitest';
import type { Service, ServiceSpec } from '../../../../src/api/core.ts';
import type { IPFamily } from '../../../../src/api/meta.ts';
import type { ServiceImport, ServiceImportSpec } from '../../../../src/api/multicluster.ts';
import { type DesiredImport, desiredImport } from '../../../../src/core/desired/import.ts';
import { shapeOf } from '../../../../src/core/desired/service-shape.ts';
import { merge } from '../../../../src/core/merge/merge.ts';
import type { ConsumerView, SourceView } from '../../../../src/core/view.ts';
import { anImport, aService, DERIVED, HTTP, NOW } from '../../../support/core/objects.ts';
import { aConsumer, aSource } from '../../../support/core/sources.ts';

describe('the decision on an import', () => {
  interface Given {
    readonly sources?: readonly SourceView[];
    readonly own?: Service;
    readonly consumer?: Partial<ConsumerView>;
  }

  const UNKNOWN: SourceView = { member: 'cluster9', standing: 'unknown', expired: false };

  /** What is decided; a member `cluster9` took part when all members were last known. */
  function decide({ sources = [aSource()], own, consumer = {} }: Given) {
    return desiredImport({
      clusterset: merge(sources, ['cluster9']),
      consumer: aConsumer(consumer),
      derivedService: DERIVED,
      own,
    });
  }

  function decided(given: Given): DesiredImport {
    const decision = decide(given);
    if (decision === 'absent' || decision === 'undecided') throw new Error(decision);
    return decision;
  }

  function shapeIn(given: Given) {
    const { serving } = decided(given);
    if (serving === 'nothing') throw new Error('nothing is served');
    return serving.shape;
  }

  const user = (spec: Partial<ServiceImportSpec> = {}, more: Partial<ServiceImport> = {}) => ({
    import: { ...anImport(spec), ...more },
  });
  const automatic = (spec: Partial<ServiceImportSpec> = {}, more: Partial<ServiceImport> = {}) => {
    const labels = { 'catamaran.dev/import-origin': 'automatic' };
    return { import: { ...anImport(spec, { labels, generation: 3 }), ...more } };
  };
  const sticky = (timeoutSeconds: number): ServiceSpec => ({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds } },
  });
  const exporter = (spec: ServiceSpec) => [aSource({ service: aService(spec) })];
  const HTTP_PORT = { name: 'http', protocol: 'TCP', port: 80 };

  test('of an automatic one is what its exports say', () => {
    expect(decided({})).toStrictEqual({
      origin: 'automatic',
      content: merge([aSource()]).merged,
      serving: {
        shape: {
          headless: false,
          ports: [HTTP_PORT],
          families: ['IPv4'],
          traffic: { sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
        },
        write: true,
      },
      problems: [],
      notes: [],
      readyStays: false,
    });
    expect(shapeIn({ sources: exporter({ clusterIP: 'None' }) }).headless).toBe(true);
  });

  test.each<[string, Partial<ServiceImportSpec>, ServiceSpec, object]>([
    ['nothing', {}, sticky(60), { sessionAffinity: 'ClientIP', affinitySeconds: 60 }],
    ['affinity', { sessionAffinity: 'ClientIP' }, sticky(60), { sessionAffinity: 'ClientIP', affinitySeconds: 10_800 }],
    [
      'a timeout',
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 30 } } },
      sticky(60),
      { sessionAffinity: 'ClientIP', affinitySeconds: 30 },
    ],
    ['no affinity', { sessionAffinity: 'None' }, sticky(60), { sessionAffinity: 'None' }],
    [
      'local traffic',
      { internalTrafficPolicy: 'Local' },
      {},
      { sessionAffinity: 'None', internalTrafficPolicy: 'Local' },
    ],
    [
      'a distribution',
      { trafficDistribution: 'PreferClose' },
      { trafficDistribution: 'PreferSameZone' },
      { sessionAffinity: 'None', trafficDistribution: 'PreferClose' },
    ],
    [
      'no distribution',
      {},
      { trafficDistribution: 'PreferSameZone' },
      { sessionAffinity: 'None', trafficDistribution: 'PreferSameZone' },
    ],
  ])('rule 38: takes from the exports what is left open by a user who asks for %s', (_, spec, exported, traffic) => {
    expect(shapeIn({ sources: exporter(exported), consumer: user(spec) }).traffic).toStrictEqual({
      internalTrafficPolicy: 'Cluster',
      ...traffic,
    });
  });

  test('rule 38: gives no affinity to a headless import', () => {
    const headless = user({ type: 'Headless', sessionAffinity: 'ClientIP' });
    expect(shapeIn({ sources: exporter({ clusterIP: 'None' }), consumer: headless })).toMatchObject({
      headless: true,
      traffic: { sessionAffinity: 'None' },
    });
  });

  test('rule 20: takes from the Service that is there what a user leaves open, while exports are unknown', () => {
    const own = aService(sticky(20));
    expect(shapeIn({ sources: [UNKNOWN], own, consumer: user() }).traffic).toStrictEqual({
      sessionAffinity: 'ClientIP',
      affinitySeconds: 20,
      internalTrafficPolicy: 'Cluster',
    });
    expect(shapeIn({ sources: [UNKNOWN], consumer: user() }).traffic).toStrictEqual({ sessionAffinity: 'None' });
    expect(shapeIn({ sources: exporter(sticky(60)), own, consumer: user() }).traffic.affinitySeconds).toBe(60);
  });

  test.each<[string, Given, readonly IPFamily[]]>([
    ['of a user are those requested', { consumer: user({ ipFamilies: ['IPv6'] }) }, ['IPv6']],
    ['of a user who requests none are all', { consumer: user() }, ['IPv4', 'IPv6']],
    ['of an automatic import are all', {}, ['IPv4', 'IPv6']],
    ['keep the primary one of the Service', { own: aService({ ipFamilies: ['IPv6'] }) }, ['IPv6', 'IPv4']],
  ])('rule 7: families %s', (_, given, families) => {
    const sources = exporter({ ipFamilies: ['IPv4', 'IPv6'] });
    const consumer = { ...given.consumer, ipFamilies: ['IPv4', 'IPv6'] as const };
    expect(shapeIn({ ...given, sources, consumer }).families).toEqual(families);
  });

  test('rule 20: families stay as they are while exports are unknown', () => {
    const sources = [aSource(), UNKNOWN];
    const both = { ipFamilies: ['IPv4', 'IPv6'] as const };
    const asked = { ...user({ ipFamilies: ['IPv6'] }), ...both };
    expect(shapeIn({ sources: [aSource()], consumer: asked }).families).toEqual(['IPv4']);
    expect(shapeIn({ sources, consumer: asked }).families).toEqual(['IPv6']);
    expect(shapeIn({ sources, consumer: asked, own: aService({ ipFamilies: ['IPv4'] }) }).families).toEqual(['IPv4']);
    expect(shapeIn({ sources, consumer: asked, own: aService({ ipFamilies: [] }) }).families).toEqual(['IPv6']);
    const { ipFamilies: _, ...spec } = aService().spec;
    expect(shapeIn({ sources, consumer: asked, own: { ...aService(), spec } }).families).toEqual(['IPv6']);
    expect(shapeIn({ sources, consumer: { ...user({ ipFamilies: [] }), ...both } }).families).toEqual(['IPv4']);
    expect(shapeIn({ sources, consumer: { ...user(), ...both } }).families).toEqual(['IPv4']);
  });

  test('rule 7: families that were filled in follow the exports, except while those are unknown', () => {
    const managedFields = [
      { manager: 'catamaran', operation: 'Update', fieldsV1: { 'f:spec': { 'f:ipFamilies': {} } } },
    ];
    const filledIn = {
      import: anImport({ ipFamilies: ['IPv6'] }, { managedFields }),
      ipFamilies: ['IPv4', 'IPv6'] as const,
    };
    const sources = exporter({ ipFamilies: ['IPv4', 'IPv6'] });
    expect(shapeIn({ sources, consumer: filledIn }).families).toEqual(['IPv4', 'IPv6']);
    expect(shapeIn({ sources: [...sources, UNKNOWN], consumer: filledIn }).families).toEqual(['IPv6']);
  });

  test('rule 16: leaves out a distribution that the API server does not support, with a note', () => {
    const sources = exporter({ trafficDistribution: 'PreferSameNode' });
    const supported = (trafficDistributions?: readonly string[]) =>
      decided({ sources, consumer: trafficDistributions ? { trafficDistributions } : {} });
    const note = 'trafficDistribution "PreferSameNode" is left out: this cluster does not support it';
    expect(supported(['PreferClose'])).toMatchObject({ notes: [note] });
    expect(supported(['PreferClose']).serving).toStrictEqual({
      shape: {
        headless: false,
        ports: [HTTP_PORT],
        families: ['IPv4'],
        traffic: { sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' },
      },
      write: true,
    });
    for (const values of [undefined, ['PreferClose', 'PreferSameNode']]) {
      expect(supported(values)).toMatchObject({
        notes: [],
        serving: { shape: { traffic: { trafficDistribution: 'PreferSameNode' } } },
      });
    }
    expect(decided({ consumer: { trafficDistributions: [] } }).notes).toEqual([]);
  });

  test('rule 7: serves nothing without a common family, and reports that first', () => {
    const sources = exporter({ ipFamilies: ['IPv6'] });
    const message = 'The exports use "IPv6", and this cluster has "IPv4"';
    const unsupported = { reason: 'IPFamilyNotSupported', message };
    expect(decided({ sources })).toMatchObject({ serving: 'nothing', problems: [unsupported], notes: [] });
    const consumer = user({ ports: [HTTP, { port: 0 }] });
    expect(decided({ sources, consumer }).problems.map(({ reason }) => reason)).toEqual([
      'IPFamilyNotSupported',
      'InvalidPort',
    ]);
  });

  /** The status of an import that was not served for this reason. */
  const stopped = (reason: string, observedGeneration = 3, status: 'True' | 'False' = 'False') => ({
    status: {
      conditions: [
        {
          type: 'Other',
          status: 'False' as const,
          reason: 'R',
          message: '',
          lastTransitionTime: NOW,
          observedGeneration,
        },
        { type: 'Ready', status, reason, message: '', lastTransitionTime: NOW, observedGeneration },
      ],
    },
  });

  test.each(['NotExported', 'PortNotExported', 'TypeMismatch', 'IPFamilyNotSupported', 'InvalidPort'])(
    'rule 20: keeps Ready False with %s while exports are unknown, for as long as the spec is the same',
    (reason) => {
      for (const sources of [[UNKNOWN], [aSource(), UNKNOWN]]) {
        expect(decided({ sources, consumer: automatic({}, stopped(reason)) }).readyStays).toBe(true);
        expect(decided({ sources, consumer: automatic({}, stopped(reason, 2)) }).readyStays).toBe(false);
        expect(decided({ sources, consumer: automatic({}, stopped(reason, 3, 'True')) }).readyStays).toBe(false);
      }
      expect(decided({ consumer: automatic({}, stopped(reason)) }).readyStays).toBe(false);
    },
  );

  test('rule 20: decides on an import without conditions', () => {
    const consumer = automatic({}, { status: { clusters: [] } });
    expect(decided({ sources: [UNKNOWN], consumer }).readyStays).toBe(false);
  });

  test.each(['Pending', 'InvalidField', 'NameConflict'])(
    'rule 20: decides anew on an import that was not ready for %s',
    (reason) => {
      const consumer = automatic({}, stopped(reason));
      expect(decided({ sources: [UNKNOWN], consumer }).readyStays).toBe(false);
    },
  );

  test.each([
    ['automatic', automatic],
    ['user', user],
  ] as const)(
    'rule 20: an import (%s) that was stopped by its exports stays so while they are unknown',
    (origin, make) => {
      const sources = [aSource(), UNKNOWN];
      const own = aService();
      const metadata = { ...make().import.metadata, generation: 3 };
      const served = (reason: string, generation = 3) =>
        decided({ sources, own, consumer: make({}, { metadata, ...stopped(reason, generation) }) });
      expect(served('IPFamilyNotSupported')).toStrictEqual({
        origin,
        content: undefined,
        serving: 'nothing',
        problems: [],
        notes: [],
        readyStays: true,
      });
      expect(served('TypeMismatch').serving).toStrictEqual({ shape: shapeOf(own), write: false });
      expect(served('NotExported').serving).toMatchObject({ write: true });
      expect(served('IPFamilyNotSupported', 2).serving).toMatchObject({ write: true });
      const lone = decided({ sources, consumer: make({}, { metadata, ...stopped('TypeMismatch') }) });
      expect(lone.serving).toBe('nothing');
    },
  );

  test('rule 20: an automatic import is served as it is observed while its exports are unknown', () => {
    const consumer = automatic({ ports: [{ name: 'old', port: 81 }], sessionAffinity: 'ClientIP' });
    expect(decided({ sources: [aSource(), UNKNOWN], consumer })).toStrictEqual({
      origin: 'automatic',
      content: undefined,
      serving: {
        shape: {
          headless: false,
          ports: [{ name: 'old', protocol: 'TCP', port: 81 }],
          families: ['IPv4'],
          traffic: { sessionAffinity: 'ClientIP', affinitySeconds: 10_800 },
        },
        write: true,
      },
      problems: [],
      notes: [],
      readyStays: false,
    });
  });

  test('rule 38: another type is not served, and the Service that is there stays', () => {
    const own = aService({ clusterIP: 'None' });
    const message = 'spec.type is "Headless", but the Service is exported as "ClusterSetIP"';
    const mismatch = { reason: 'TypeMismatch', message };
    const consumer = user({ type: 'Headless' });
    expect(decided({ own, consumer })).toMatchObject({
      serving: { shape: shapeOf(own), write: false },
      problems: [mismatch],
    });
    expect(decided({ consumer }).serving).toBe('nothing');
    const bad = user({ type: 'Headless', ports: [{ port: 0 }] });
    expect(decided({ consumer: bad }).problems.map(({ reason }) => reason)).toEqual(['TypeMismatch', 'InvalidPort']);
    // Only the Service tells the type while the exports are unknown.
    expect(decided({ sources: [aSource(), UNKNOWN], own: aService(), consumer }).problems).toEqual([mismatch]);
    expect(decided({ sources: [aSource(), UNKNOWN], own, consumer }).problems).toEqual([]);
    expect(decided({ sources: [aSource(), UNKNOWN], consumer }).problems).toEqual([]);
    expect(decided({ sources: [], consumer }).problems.map(({ reason }) => reason)).toEqual(['NotExported']);
  });

  test('rule 39: an import without a valid port keeps the Service that is there', () => {
    const own = aService();
    const consumer = user({ ports: [{ port: 0 }] });
    expect(decided({ own, consumer })).toMatchObject({
      serving: { shape: shapeOf(own), write: false },
      problems: [{ reason: 'InvalidPort' }],
    });
    expect(decided({ consumer })).toMatchObject({ serving: 'nothing', problems: [{ reason: 'InvalidPort' }] });
    const portless = user({ type: 'Headless', ports: [] });
    expect(decided({ sources: exporter({ clusterIP: 'None' }), consumer: portless })).toMatchObject({
      serving: { write: true },
      problems: [],
    });
    const odd = { ...portless.import.spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } };
    expect(decided({ sources: exporter({ clusterIP: 'None' }), consumer: user(odd) })).toMatchObject({
      serving: { write: true },
      problems: [{ reason: 'InvalidField' }],
    });
  });

  test('rule 38: a port that no member exports is reported, unless the exports are unknown', () => {
    const consumer = user({ ports: [HTTP, { port: 81 }, { name: 'dns', port: 53, protocol: 'UDP' }] });
    const message = 'No cluster exports tcp-81 81/TCP, dns 53/UDP; exported: http 80/TCP';
    expect(decided({ consumer }).problems).toEqual([{ reason: 'PortNotExported', message }]);
    expect(decided({ sources: [aSource(), UNKNOWN], consumer }).problems).toEqual([]);
    expect(decided({ consumer: user({ ports: [HTTP] }) }).problems).toEqual([]);
    const twice = [aSource(), aSource({ member: 'cluster3' })];
    expect(decided({ sources: twice, consumer }).problems).toEqual([{ reason: 'PortNotExported', message }]);
  });

  test('rule 40: an import of a user is served without any export, which is reported', () => {
    const hint = '; create a ServiceExport of that name in a cluster that has the Service';
    expect(decided({ sources: [], consumer: user() })).toMatchObject({
      serving: { write: true },
      problems: [{ reason: 'NotExported', message: `No cluster exports "shop/web"${hint}` }],
    });
    const { service: _, ...lonely } = aSource();
    const sources = [
      { ...lonely, member: 'b' },
      { ...lonely, member: 'a' },
    ];
    const why = (member: string) => `. The export of "${member}" is not valid: Service "shop/web" does not exist`;
    expect(decided({ sources, consumer: user() }).problems).toEqual([
      { reason: 'NotExported', message: `No cluster exports "shop/web"${why('a')}${why('b')}` },
    ]);
  });

  test('rule 31: serves nothing beside a Service of another client, and reports that first', () => {
    const consumer = { ...user({ ports: [HTTP, { port: 0 }] }), derivedService: aService(), foreignSlices: ['x'] };
    const message = 'Service "amcs-web" already exists and is not managed by Catamaran; rename or delete it';
    const { serving, problems, readyStays } = decided({ consumer });
    expect(serving).toBe('nothing');
    expect(problems[0]).toEqual({ reason: 'NameConflict', message });
    expect(problems.map(({ reason }) => reason)).toEqual(['NameConflict', 'InvalidPort']);
    expect(readyStays).toBe(false);
    const frozen = { ...automatic({}, stopped('NotExported')), derivedService: aService() };
    expect(decided({ sources: [UNKNOWN], consumer: frozen }).readyStays).toBe(false);
    expect(decided({ own: aService(), consumer: { derivedService: aService() } }).problems).toEqual([]);
  });

  test('rule 42: reports first what the API server refuses', () => {
    const consumer = { ...user({ ports: [HTTP, { port: 0 }] }), refusal: 'exceeded quota', foreignSlices: ['x'] };
    const { serving, problems } = decided({ consumer });
    expect(serving).toMatchObject({ write: true });
    expect(problems[0]).toEqual({
      reason: 'Rejected',
      message: 'The API server refuses a derived object: exceeded quota',
    });
    expect(problems.map(({ reason }) => reason)).toEqual(['Rejected', 'InvalidPort']);
  });

  test('rule 12: reports last what foreign slices there are, by name', () => {
    const consumer = { ...user({ ports: [HTTP, { port: 0 }] }), foreignSlices: ['b', 'a'] };
    const { serving, problems } = decided({ consumer });
    expect(serving).toMatchObject({ write: true });
    expect(problems.map(({ reason }) => reason)).toEqual(['InvalidPort', 'ForeignEndpoints']);
    expect(problems[1]?.message).toContain('"a", "b". Delete them');
  });

  test('rule 37: in mode Manual there is no import but that of a user', () => {
    const manual = { importMode: 'Manual' as const };
    expect(decide({ consumer: manual })).toBe('absent');
    expect(decide({ consumer: { ...manual, ...automatic() } })).toBe('absent');
    expect(decided({ consumer: { ...manual, ...user() } }).origin).toBe('user');
  });

  test('rule 41: an import that is being deleted counts as none', () => {
    const metadata = { ...anImport().metadata, deletionTimestamp: NOW };
    for (const make of [user, automatic]) {
      const labels = make().import.metadata.labels;
      const consumer = make({}, { metadata: { ...metadata, ...(labels && { labels }) } });
      expect(decide({ consumer })).toBe('absent');
      expect(decide({ sources: [aSource(), UNKNOWN], consumer })).toBe('undecided');
    }
  });

  test('rule 20: without exports and without an import, nothing is decided while a member is unknown', () => {
    expect(decide({ sources: [] })).toBe('absent');
    expect(decide({ sources: [UNKNOWN] })).toBe('undecided');
    expect(decided({ sources: [aSource(), UNKNOWN] }).serving).toMatchObject({ write: true });
  });
});
