/**
 * Protects a consumer from members that may announce addresses outside declared networks: endpoints in the consumer's
 * own network, such as its nodes, its API server and its Services, are left out there. Only the consumer itself is
 * affected by what it reports about its network.
 */
import { parseIP } from '../../api/ip.ts';
import { lookup, type RangeSet } from '../../api/range-map.ts';
import type { Exporter } from '../merge/exports.ts';
import { quoted } from '../message.ts';
import type { ConsumerView, SourceSlice } from '../view.ts';

function isOwn(address: string, networks: RangeSet): boolean {
  const ip = parseIP(address);
  return ip !== undefined && lookup(networks, ip) === true;
}

function withoutOwn(slice: SourceSlice, networks: RangeSet): SourceSlice {
  const endpoints = slice.endpoints.filter(({ addresses }) => !addresses.some((address) => isOwn(address, networks)));
  return endpoints.length === slice.endpoints.length ? slice : { ...slice, endpoints };
}

/** Memoizes the slices, so that a change of one slice costs one check per consumer. */
export class OwnAddresses {
  readonly #slices = new WeakMap<SourceSlice, WeakMap<RangeSet, SourceSlice>>();
  readonly #exporters = new WeakMap<Exporter, WeakMap<RangeSet, Exporter>>();

  /** The exporter without endpoints in the consumer's own network; the same one if there are none. */
  without(exporter: Exporter, { member, ownNetworks }: ConsumerView): Exporter {
    if (exporter.bounded || exporter.member === member || !ownNetworks) return exporter;
    return memoized(this.#exporters, exporter, ownNetworks, () => {
      const slices = exporter.slices.map((slice) =>
        memoized(this.#slices, slice, ownNetworks, () => withoutOwn(slice, ownNetworks)),
      );
      return slices.every((slice, index) => slice === exporter.slices[index]) ? exporter : { ...exporter, slices };
    });
  }
}

function memoized<K extends object, T>(
  memo: WeakMap<K, WeakMap<RangeSet, T>>,
  key: K,
  networks: RangeSet,
  compute: () => T,
): T {
  let byNetworks = memo.get(key);
  if (!byNetworks) {
    byNetworks = new WeakMap();
    memo.set(key, byNetworks);
  }
  const known = byNetworks.get(networks) ?? compute();
  byNetworks.set(networks, known);
  return known;
}

/** A note for the import's status; undefined if nothing is left out. */
export function leftOutNote(before: Exporter, after: Exporter): string | undefined {
  if (before === after) return undefined;
  const count = ({ slices }: Exporter) => slices.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  const removed = count(before) - count(after);
  const [noun, verb] = removed === 1 ? ['endpoint', 'has an address'] : ['endpoints', 'have addresses'];
  return `${removed} ${noun} of ${quoted(before.member)} ${verb} of this cluster's own network and ${removed === 1 ? 'is' : 'are'} left out`;
}
