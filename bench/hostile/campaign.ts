/** Each misdeed of the benchmark, as a hostile API server commits it until it repents. */
import { setTimeout as delay } from 'node:timers/promises';
import type { JsonObject } from '../../src/api/json.ts';
import type { HostileCluster } from '../../test/support/hostile/hostile-fleet.ts';
import { endlessInformation, type HostileListener } from '../../test/support/hostile/hostile-listener.ts';
import { type Match, watchesOf } from '../../test/support/hostile/hostile-request.ts';
import { answer, deepEvent, endlessPages, hugeLine } from '../../test/support/hostile/misdeeds.ts';
import { MemoryBody } from '../../test/support/memory-body.ts';
import type { MisdeedName } from './misdeed-name.ts';

/** Namespace that only the hostile member exports from, and its exported Services. */
export const HOSTILE_NAMESPACE = 'hostile';
export const HOSTILE_SERVICES = 500;

const SERVER_NAMES = Array.from({ length: HOSTILE_SERVICES }, (_, index) => `svc-${index}`);
/** Interval between bursts of events, in ms. */
const BURST_MS = 5;
const HUGE = 1024 * 1024 * 1024;
const DEPTH = 100_000;
/** Endpoints of a slice that is to be kept. */
const LARGE = 100;

type Emit = (serial: number) => readonly JsonObject[];

export interface HonestName {
  readonly namespace: string;
  readonly name: string;
}

/** Starts the misdeeds of one hostile member. `honest` is a name that it exports, too. */
export function campaign(cluster: HostileCluster, listener: HostileListener, honest: HonestName) {
  const { server } = cluster;

  /** Replaces the watches of a resource from now on, those that are open included. */
  const onWatches = (plural: string, misdeed: Parameters<typeof server.misbehave>[1]): void => {
    server.misbehave(watchesOf(plural), misdeed);
    server.disconnect();
  };
  /** Events at a rate, in place of the watches of a resource that resume. */
  const flood = (plural: string, perSecond: number, emit: Emit): void => {
    const resumed: Match = ({ plural: of, verb }) => of === plural && verb === 'watch';
    server.misbehave(resumed, ({ query, signal }) => {
      const since = Number(query.get('resourceVersion'));
      return {
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: new MemoryBody(bursts(since, perSecond, emit, signal)),
      };
    });
    server.disconnect();
  };
  const slice = (namespace: string, name: string, hosts: readonly number[]) => cluster.slice(namespace, name, hosts);
  const modified = (object: JsonObject): JsonObject => ({ type: 'MODIFIED', object });
  const nameAt = (serial: number): string => SERVER_NAMES[serial % HOSTILE_SERVICES] ?? '';
  /** A different host after each round. */
  const hostAt = (serial: number): number => 1 + (Math.floor(serial / HOSTILE_SERVICES) % 200);

  const table: Readonly<Record<MisdeedName, () => void>> = {
    changes: () =>
      flood('endpointslices', 10_000, (serial) => [
        modified(slice(HOSTILE_NAMESPACE, nameAt(serial), [hostAt(serial)])),
      ]),
    shared: () =>
      flood('endpointslices', 10_000, (serial) => [
        modified(slice(honest.namespace, honest.name, [1 + (serial % 200)])),
      ]),
    exports: () =>
      flood('serviceexports', 2_000, (serial) => {
        const metadata = { namespace: HOSTILE_NAMESPACE, name: nameAt(serial), uid: `uid-${nameAt(serial)}` };
        const object = { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata };
        const type = Math.floor(serial / HOSTILE_SERVICES) % 2 === 0 ? 'DELETED' : 'ADDED';
        return [{ type, object }];
      }),
    noise: () =>
      flood('endpointslices', 10_000, (serial) => [
        modified(slice(HOSTILE_NAMESPACE, `unknown-${serial % HOSTILE_SERVICES}`, [1])),
      ]),
    bulk: () =>
      flood('endpointslices', 5_000, (serial) => {
        const hosts = Array.from({ length: LARGE }, (_, index) => 1 + index);
        const object = slice(HOSTILE_NAMESPACE, nameAt(serial), hosts);
        const metadata = object.metadata as JsonObject; // from `slice`
        return [{ type: 'ADDED', object: { ...object, metadata: { ...metadata, name: `bulk-${serial}` } } }];
      }),
    expired: () => {
      const gone = { kind: 'Status', status: 'Failure', code: 410, reason: 'Expired', message: 'too old' };
      const resumed: Match = ({ verb }) => verb === 'watch';
      server.misbehave(resumed, answer(410, { 'content-type': 'application/json' }, JSON.stringify(gone)));
      server.disconnect();
    },
    lines: () => {
      for (const plural of ['services', 'endpointslices', 'serviceexports', 'serviceimports', 'namespaces']) {
        onWatches(plural, hugeLine(HUGE));
      }
    },
    depth: () => onWatches('endpointslices', deepEvent(DEPTH)),
    tokens: () => {
      server.misbehave(({ verb }) => verb.startsWith('watch'), answer(400));
      const item = slice(HOSTILE_NAMESPACE, 'svc-0', [1]);
      server.misbehave(
        ({ plural, verb }) => plural === 'endpointslices' && verb !== 'write' && !verb.startsWith('watch'),
        endlessPages(Array.from({ length: 500 }, () => item)),
      );
      server.disconnect();
    },
    informational: () => {
      listener.raw(watchesOf('endpointslices'), endlessInformation);
      server.disconnect();
    },
  };
  return (name: MisdeedName): void => table[name]();
}

/** Lines of events, in bursts. Waits if the reader does, and does not catch up. */
async function* bursts(since: number, perSecond: number, emit: Emit, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const count = Math.round((perSecond * BURST_MS) / 1_000);
  for (let serial = 0; ; ) {
    let text = '';
    for (const end = serial + count; serial < end; serial++) {
      for (const { type, object } of emit(serial))
        text += `${JSON.stringify({ type, object: versioned(object, since + serial + 1) })}\n`;
    }
    yield Buffer.from(text);
    await delay(BURST_MS, undefined, { signal });
  }
}

function versioned(object: unknown, version: number): object {
  const { metadata, ...rest } = object as { readonly metadata: object }; // from `emit`
  return { ...rest, metadata: { ...metadata, resourceVersion: String(version) } };
}
