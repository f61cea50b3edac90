/** A fleet in memory: members with their API servers, the views that the engine gets of them, and reconciling. */
import type { Service } from '../../../src/api/core.ts';
import type { EndpointSlice } from '../../../src/api/endpoint-slice.ts';
import type { JsonObject } from '../../../src/api/json.ts';
import { SERVICE_NAME } from '../../../src/api/labels.ts';
import type { IPFamily, KubeObject } from '../../../src/api/meta.ts';
import type { ServiceExport, ServiceImport } from '../../../src/api/multicluster.ts';
import type { RangeSet } from '../../../src/api/range-map.ts';
import type { Change } from '../../../src/core/change.ts';
import { observeSlice } from '../../../src/core/derived-slice.ts';
import { desired } from '../../../src/core/desired/desired.ts';
import type { ExportPolicy } from '../../../src/core/export-policy.ts';
import { type Clusterset, merge, seenBy } from '../../../src/core/merge/merge.ts';
import { servedRecord } from '../../../src/core/merge/precedence.ts';
import { sourceSlice } from '../../../src/core/merge/source-slice.ts';
import { derivedServiceName } from '../../../src/core/naming.ts';
import { importOfSlice, isOwnEndpoints } from '../../../src/core/ownership.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { ConsumerView, ImportMode, SourceView } from '../../../src/core/view.ts';
import type { ServiceView } from '../../../src/fleet/views.ts';
import { ApiModel } from './api-model.ts';
import { NAME, NAMESPACE, NOW } from './objects.ts';
import { ALLOW_ALL, addressPolicy } from './sources.ts';

/** What is set per member; the rest is in its API server. */
export interface MemberSettings {
  importMode: ImportMode;
  ipFamilies: readonly IPFamily[];
  cidrs: readonly string[];
  /** What the member may export; default: everything. */
  policy: ExportPolicy;
  importRefusal: string | undefined;
  ownNetworks: RangeSet | undefined;
  namespace: 'Active' | 'Terminating' | 'Absent';
  prefix: string;
  trafficDistributions: readonly string[] | undefined;
  known: boolean;
  reachable: boolean;
  expired: boolean;
}

const SETTINGS: MemberSettings = {
  importMode: 'Automatic',
  ipFamilies: ['IPv4'],
  cidrs: [],
  policy: ALLOW_ALL,
  importRefusal: undefined,
  ownNetworks: undefined,
  namespace: 'Active',
  prefix: 'amcs-',
  trafficDistributions: undefined,
  known: true,
  reachable: true,
  expired: false,
};

/** The model's objects have the shapes that the API's types describe. */
function typed<T extends KubeObject>(object: JsonObject | undefined): T | undefined {
  return object as object as T | undefined;
}

function asJson(object: KubeObject): JsonObject {
  return JSON.parse(JSON.stringify(object));
}

export class MemberModel {
  readonly name: string;
  readonly api = new ApiModel();
  settings: MemberSettings;
  /** Source slices keep their identity, as the fleet's do. */
  slices: readonly EndpointSlice[] = [];
  serviceName: string;

  constructor(name: string, settings: Partial<MemberSettings>, serviceName: string) {
    this.name = name;
    this.settings = { ...SETTINGS, ...settings };
    this.serviceName = serviceName;
  }

  /** Exports a Service as a user does, with the slices that Kubernetes makes for it. */
  export(exported: ServiceExport, service: Service | undefined, slices: readonly EndpointSlice[] = []): this {
    this.api.put('serviceExports', asJson(exported));
    this.api.remove('services', this.serviceName);
    if (service) this.api.put('services', asJson(service));
    this.slices = slices;
    return this;
  }

  unexport(): void {
    this.api.remove('serviceExports', this.serviceName);
  }

  import(imported: ServiceImport): this {
    this.api.put('serviceImports', asJson(imported));
    return this;
  }

  set(settings: Partial<MemberSettings>): void {
    this.settings = { ...this.settings, ...settings };
  }

  get imported(): ServiceImport | undefined {
    return typed(this.api.get('serviceImports', this.serviceName));
  }

  get exported(): ServiceExport | undefined {
    return typed(this.api.get('serviceExports', this.serviceName));
  }

  get derivedName(): string {
    return derivedServiceName(this.settings.prefix, this.serviceName);
  }

  get derivedService(): Service | undefined {
    return typed(this.api.get('services', this.derivedName));
  }

  get derivedSlices(): readonly EndpointSlice[] {
    return this.#slices().filter(({ metadata }) => importOfSlice(metadata) !== undefined);
  }

  /** Addresses that the consumer's derived slices name, sorted. */
  get addresses(): readonly string[] {
    return this.derivedSlices.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses)).toSorted();
  }

  get foreignSlices(): readonly string[] {
    return this.#slices()
      .filter(({ metadata: { labels } }) => labels?.[SERVICE_NAME] === this.derivedName)
      .filter(({ metadata }) => importOfSlice(metadata) === undefined)
      .map(({ metadata }) => metadata.name);
  }

  #slices(): readonly EndpointSlice[] {
    return this.api.list('endpointSlices').flatMap((object) => typed<EndpointSlice>(object) ?? []);
  }

  source(): SourceView {
    const { known, reachable, expired, cidrs, policy: allowed } = this.settings;
    if (!known) return { member: this.name, standing: 'unknown', expired };
    const standing = expired ? 'expired' : reachable ? 'current' : 'unreachable';
    const base = { member: this.name, standing, policy: allowed } as const;
    const policy = addressPolicy(cidrs);
    const exported = this.exported;
    const service = typed<Service>(this.api.get('services', this.serviceName));
    return {
      ...base,
      slices: exported
        ? this.slices
            .filter(({ metadata }) => isOwnEndpoints(metadata.labels))
            .map((slice) => sourceSlice(slice, policy))
        : [],
      ...(exported && { export: exported }),
      ...(exported && service && { service }),
    };
  }
}

export class FleetModel {
  readonly #members = new Map<string, MemberModel>();
  readonly namespace = NAMESPACE;
  readonly name: string;

  constructor(name: string = NAME) {
    this.name = name;
  }

  get members(): readonly MemberModel[] {
    return [...this.#members.values()];
  }

  member(name: string, settings: Partial<MemberSettings> = {}): MemberModel {
    const held = this.#members.get(name);
    if (held) return held;
    const member = new MemberModel(name, settings, this.name);
    this.#members.set(name, member);
    return member;
  }

  leave(name: string): void {
    this.#members.delete(name);
  }

  sources(): readonly SourceView[] {
    return this.members.map((source) => source.source());
  }

  consumer(name: string): ConsumerView {
    const member = this.member(name);
    const { importMode, importRefusal, ownNetworks, ipFamilies, namespace, prefix, trafficDistributions } =
      member.settings;
    const imported = member.imported;
    const derivedService = member.derivedService;
    return {
      member: name,
      namespace: this.namespace,
      name: this.name,
      namespacePhase: namespace,
      importMode,
      ...(importRefusal !== undefined && { importRefusal }),
      ...(ownNetworks && { ownNetworks }),
      derivedPrefix: prefix,
      ipFamilies,
      ...(trafficDistributions && { trafficDistributions }),
      derivedSlices: member.derivedSlices
        .filter(({ metadata }) => importOfSlice(metadata) === this.name)
        .map(observeSlice),
      foreignSlices: member.foreignSlices,
      ...(imported && { import: imported }),
      ...(derivedService && { derivedService }),
    };
  }

  clusterset(): Clusterset {
    return merge(this.sources(), this.lastSources(), this.records());
  }

  /** What each consumer serves already. */
  records() {
    return new Map(
      this.members.flatMap(({ name, settings, imported }) =>
        settings.known && imported ? [[name, servedRecord(imported)] as const] : [],
      ),
    );
  }

  view(consumer: string): ServiceView {
    return { clusterset: seenBy(this.clusterset(), consumer), consumer: this.consumer(consumer) };
  }

  plan(name: string, now: string = NOW): Change[] {
    const { clusterset, consumer } = this.view(name);
    return plan(consumer, desired(clusterset, consumer), now);
  }

  /** One pass over every member; how many changes were written. */
  pass(now: string = NOW): number {
    let written = 0;
    for (const member of this.members) {
      const changes = this.plan(member.name, now);
      member.api.apply(changes);
      written += changes.length;
    }
    return written;
  }

  /** Passes until nothing is left to write; how many wrote something. */
  converge(now: string = NOW): number {
    for (let passes = 0; passes <= 5; passes++) if (this.pass(now) === 0) return passes;
    throw new Error(`no end after 5 passes: ${JSON.stringify(this.members.map(({ name }) => this.plan(name)))}`);
  }

  lastSources(): readonly string[] {
    const names = new Set<string>();
    for (const { imported, derivedSlices } of this.members) {
      for (const { cluster } of imported?.status?.clusters ?? []) names.add(cluster);
      for (const slice of derivedSlices) names.add(observeSlice(slice).source);
    }
    return [...names];
  }
}
