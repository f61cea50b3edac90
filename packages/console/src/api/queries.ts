/** What the pages read. Nothing is polled: the stream of changes names what to fetch again. */
import { type QueryClient, queryOptions } from '@tanstack/react-query';
import type {
  Conflicts,
  Explanation,
  MemberDetail,
  NamespaceChoices,
  Overview,
  ServiceChoices,
  ServiceDetail,
  Session,
  Timeline,
  Topology,
  Writes,
} from '../../../../src/server/console/api-types.ts';
import { get, servicePath } from './client.ts';
import { loadRows, ROWS_KEY } from './rows.ts';

const member = (name: string) => encodeURIComponent(name);

const read = <T>(key: readonly string[], path: string) =>
  queryOptions({ queryKey: key, queryFn: ({ signal }) => get<T>(path, signal) });

export const sessionQuery = read<Session>(['session'], 'session');
export const overviewQuery = read<Overview>(['overview'], 'clusterset');
export const conflictsQuery = read<Conflicts>(['conflicts'], 'conflicts');
export const topologyQuery = read<Topology>(['topology'], 'topology');
export const writesQuery = read<Writes>(['writes'], 'writes');
export const memberQuery = (name: string) => read<MemberDetail>(['member', name], `members/${member(name)}`);

export const serviceQuery = (namespace: string, name: string) =>
  read<ServiceDetail>(['service', `${namespace}/${name}`], `services/${servicePath(namespace, name)}`);

export const explainQuery = (namespace: string, name: string, consumer: string | undefined) =>
  read<Explanation>(
    ['explain', `${namespace}/${name}`, consumer ?? ''],
    `services/${servicePath(namespace, name)}/explain${consumer === undefined ? '' : `?consumer=${member(consumer)}`}`,
  );

export const timelineQuery = (namespace: string, name: string) =>
  read<Timeline>(['timeline', `${namespace}/${name}`], `services/${servicePath(namespace, name)}/timeline`);

export const namespacesQuery = (name: string) =>
  read<NamespaceChoices>(['choices', name], `members/${member(name)}/namespaces`);

export const choicesQuery = (name: string, namespace: string) =>
  read<ServiceChoices>(
    ['choices', name, namespace],
    `members/${member(name)}/services?namespace=${encodeURIComponent(namespace)}`,
  );

export const rowsQuery = (client: QueryClient) =>
  queryOptions({ queryKey: ROWS_KEY, queryFn: ({ signal }) => loadRows(client, signal) });
