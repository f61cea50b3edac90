/**
 * The order of exporters that a consumer serves. Later exports do not displace what is served, so it depends on the
 * past, and consumers that were apart may differ.
 */
import type { JsonObject } from '../../src/api/json.ts';
import { isJsonObject } from '../../src/api/json.ts';
import { precedence } from '../../src/core/merge/precedence.ts';
import { objectName } from '../../src/kube/watch/object.ts';
import { EXPORTS, IMPORTS } from './holdings.ts';
import { clusterOf } from './member-name.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';

/** Clusters in order of precedence, by namespace/name. */
export type ServedOrders = ReadonlyMap<string, readonly string[]>;

interface Dated {
  readonly cluster: string;
  readonly name: string;
  readonly createdAt: string;
}

function recordOf(imported: JsonObject): readonly string[] {
  const clusters = isJsonObject(imported.status) ? imported.status.clusters : undefined;
  return (Array.isArray(clusters) ? clusters : []).map((each) =>
    isJsonObject(each) ? clusterOf(String(each.cluster)) : '',
  );
}

/** The orders that a consumer serves, among members. */
export function servedOrders(consumer: string, clusters: readonly SimulatedCluster[]): ServedOrders {
  const exports = clusters.flatMap(({ name: cluster, api }) =>
    api.list(EXPORTS).map((object): Dated => {
      return { cluster, name: objectName(object), createdAt: object.metadata.creationTimestamp };
    }),
  );
  const records = Map.groupBy(
    clusters.flatMap(({ name: cluster, api }) =>
      api.list(IMPORTS).map((object) => ({ cluster, name: objectName(object), record: recordOf(object) })),
    ),
    ({ name }) => name,
  );
  const orders = Map.groupBy(exports, ({ name }) => name)
    .entries()
    .map(([name, group]): [string, readonly string[]] => {
      const aged = group.toSorted((a, b) => (`${a.createdAt} ${a.cluster}` < `${b.createdAt} ${b.cluster}` ? -1 : 1));
      const served = new Map(records.get(name)?.map(({ cluster, record }) => [cluster, record]));
      const { common, own } = precedence(
        aged.map(({ cluster }) => cluster),
        served,
      );
      return [name, own.get(consumer) ?? common];
    });
  return new Map(orders);
}
