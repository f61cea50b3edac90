/**
 * A derived slice with a hostname that belongs to another member is written as two: one for the derived Service, without
 * that hostname, and one for the clusterset zone, whose names include the cluster. DNS servers find the first by
 * `kubernetes.io/service-name` and the second by `multicluster.kubernetes.io/service-name`.
 */
import { MCS_SERVICE_NAME, SERVICE_NAME } from '../../api/labels.ts';
import type { StringMap } from '../../api/meta.ts';
import { sliceBody } from '../derived-slice.ts';
import { clustersetSliceName } from '../naming.ts';
import type { DerivedSlice } from '../view.ts';
import type { DerivedContent, DesiredSlice } from './derivations.ts';

/** Which hostnames the slices of a member must leave to others. */
export interface Yielded {
  readonly hostnames: ReadonlySet<string>;
  /**
   * The slices of the consumer by name, if the owner of a hostname may be unknown: those that are split stay split, with
   * the hostnames that they have.
   */
  readonly observed?: ReadonlyMap<string, DerivedSlice>;
}

function without(labels: StringMap, key: string): StringMap {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== key));
}

function withoutHostnames(content: DerivedContent, leaves: (hostname: string) => boolean): DerivedContent {
  const endpoints = content.endpoints.map(({ hostname, ...endpoint }) =>
    hostname === undefined || leaves(hostname) ? endpoint : { ...endpoint, hostname },
  );
  const { hash } = sliceBody(content.addressType, endpoints, content.ports);
  return { ...content, endpoints, body: hash };
}

/** The slice itself, or its two parts. */
export function splitHostnames(slice: DesiredSlice, { hostnames, observed }: Yielded): readonly DesiredSlice[] {
  const { content, labels } = slice;
  const name = clustersetSliceName(content.name);
  const bare = observed?.get(content.name)?.bareHostnames;
  const leaves = (hostname: string) => hostnames.has(hostname) || (bare !== undefined && !bare.includes(hostname));
  if (!content.endpoints.some(({ hostname }) => hostname !== undefined && leaves(hostname))) return [slice];
  return [
    { ...slice, content: withoutHostnames(content, leaves), labels: without(labels, MCS_SERVICE_NAME) },
    { ...slice, content: { ...content, name }, labels: without(labels, SERVICE_NAME) },
  ];
}
