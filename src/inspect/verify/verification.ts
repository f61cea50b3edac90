/** Real requests from every consumer to what it imports, as plain data. */
import type { EndpointSlice } from '../../api/endpoint-slice.ts';
import { SOURCE_CLUSTER } from '../../api/labels.ts';
import { type ServiceKey, serviceKey } from '../../api/meta.ts';
import type { ServiceImport } from '../../api/multicluster.ts';
import { RESOURCES } from '../../api/resources.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { mcsReader } from '../../kube/mcs/mcs-client.ts';
import { messageOf } from '../../runtime/thrown.ts';
import type { Answer } from './answer.ts';
import { type Target, type TargetOptions, targetsOf } from './target.ts';

/** Sends requests from inside a consumer; one answer per target, in their order. */
export type Prober = (targets: readonly Target[], signal: AbortSignal) => Promise<readonly Answer[]>;

/** A cluster whose pods call what it imports. */
export interface Consumer {
  readonly name: string;
  readonly client: KubeClient;
  readonly probe: Prober;
  readonly derivedPrefix: string;
}

export type Check = Target & Answer & { readonly consumer: string };

export interface Verification {
  readonly checks: readonly Check[];
  /** Why nothing could be sent from some consumers. */
  readonly failures: readonly { readonly consumer: string; readonly error: string }[];
}

async function verifyFrom(
  { name, client, probe, derivedPrefix }: Consumer,
  options: Omit<TargetOptions, 'derivedPrefix'>,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const [imports, slices] = await Promise.all([
    mcsReader(client).list<ServiceImport>(RESOURCES.serviceImports, { signal }),
    client.list<EndpointSlice>(RESOURCES.endpointSlices, { labelSelector: SOURCE_CLUSTER, signal }),
  ]);
  const targets = targetsOf(imports.items, slices.items, { ...options, derivedPrefix });
  if (targets.length === 0) return [];
  const answers = await probe(targets, signal);
  return targets.map((target, index) => {
    const answer = answers[index] ?? { reached: false, error: 'no answer' };
    return { consumer: name, ...target, ...answer };
  });
}

/**
 * Sends all requests. Consumers are independent of each other; rejects only if the signal aborts, after all have cleaned
 * up.
 */
export async function verify(
  consumers: readonly Consumer[],
  options: Omit<TargetOptions, 'derivedPrefix'>,
  signal: AbortSignal,
): Promise<Verification> {
  const results = await Promise.all(
    consumers.map(async (consumer) => {
      try {
        return { checks: await verifyFrom(consumer, options, signal), failures: [] };
      } catch (error) {
        return { checks: [], failures: [{ consumer: consumer.name, error: messageOf(error) }] };
      }
    }),
  );
  signal.throwIfAborted();
  return { checks: results.flatMap(({ checks }) => checks), failures: results.flatMap(({ failures }) => failures) };
}

/** Requested Services that no consumer imports. None if it is unknown what one imports. */
export function unverified(keys: readonly ServiceKey[], { checks, failures }: Verification): readonly ServiceKey[] {
  if (failures.length > 0) return [];
  return keys.filter((key) => !checks.some(({ namespace, service }) => serviceKey(namespace, service) === key));
}
