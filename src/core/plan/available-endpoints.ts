/**
 * Whether connections to an import can reach anything. `Ready` means that the objects are in place, which they are
 * without any endpoint, too (KEP-1645, "ServiceImport").
 */
import type { IPFamily } from '../../api/meta.ts';
import { ExportCondition, ImportCondition, ImportReason } from '../../api/multicluster.ts';
import type { Desired } from '../desired/desired.ts';
import type { DesiredImport } from '../desired/import.ts';
import type { ServiceShape } from '../desired/service-shape.ts';
import type { Exporter } from '../merge/exports.ts';
import { joined, listed, quoted } from '../message.ts';
import type { ConsumerView } from '../view.ts';
import type { ConditionDraft } from './conditions.ts';

interface ServedImport {
  readonly consumer: ConsumerView;
  readonly wanted: Desired;
}

type Reason = 'NoEndpoints' | 'NoneReady' | 'AddressesRefused' | 'LocalPolicyOnly';

/** The gravest first, which is the reason of the condition. */
const REASONS: readonly Reason[] = ['AddressesRefused', 'NoneReady', 'NoEndpoints', 'LocalPolicyOnly'];

/** Without numbers and addresses, which would cause a write for each change of endpoints. */
const MESSAGES: Readonly<Record<Reason, (exporters: string) => string>> = {
  AddressesRefused: (exporters) =>
    `all endpoints of ${exporters} are refused; the condition ${ExportCondition.EndpointsAccepted} of the ServiceExport has the reason`,
  NoneReady: (exporters) => `no endpoint of ${exporters} is ready`,
  NoEndpoints: (exporters) => `no endpoint of ${exporters} serves a port of the import`,
  LocalPolicyOnly: (exporters) =>
    `internalTrafficPolicy is Local, and all ready endpoints are in other clusters: ${exporters}`,
};

/** Whether an exporter has endpoints in a family that are not imported. Slices that are set aside may have any. */
function refuses({ slices, setAside, refusedSlices }: Exporter, family: IPFamily): boolean {
  const isOfFamily = (type: string) => type === family || type === 'FQDN';
  return (
    setAside.length + refusedSlices.length > 0 ||
    slices.some(({ addressType, refused }) => isOfFamily(addressType) && refused.length > 0)
  );
}

/** Why a family of an import cannot be reached; undefined if it can. */
function obstacle({ consumer, wanted }: ServedImport, shape: ServiceShape, family: IPFamily): Reason | undefined {
  const slices = wanted.slices.filter(({ content }) => content.addressType === family);
  const isKept = consumer.derivedSlices.some(({ name, ready }) => wanted.kept.has(name) && ready > 0);
  const ready = slices.filter(({ content }) => content.ready > 0);
  if (isKept || ready.length > 0) {
    const isLocal = !shape.headless && shape.traffic.internalTrafficPolicy === 'Local';
    return isLocal && !ready.some(({ source }) => source === consumer.member) ? 'LocalPolicyOnly' : undefined;
  }
  if (slices.some(({ content }) => content.endpoints.length > 0)) return 'NoneReady';
  return wanted.clusterset.exports.valid.some((each) => refuses(each, family)) ? 'AddressesRefused' : 'NoEndpoints';
}

/** Present only while nothing can be reached, in one family at least. */
export function availableConditions(
  served: ServedImport & { readonly imported: DesiredImport },
): readonly ConditionDraft[] {
  const { serving } = served.imported;
  const { valid } = served.wanted.clusterset.exports;
  if (serving === 'nothing' || valid.length === 0) return [];
  const { shape } = serving;
  const byReason = Map.groupBy(shape.families, (family) => obstacle(served, shape, family));
  const found = REASONS.flatMap((reason) => {
    const families = byReason.get(reason);
    return families ? [{ reason, families }] : [];
  });
  const [gravest] = found;
  if (!gravest) return [];
  const exporters = listed(valid.map(({ member }) => member).toSorted());
  const parts = found.map(({ reason, families }) => {
    const message = MESSAGES[reason](exporters);
    return families.length < shape.families.length ? `${families.join(', ')}: ${message}` : message;
  });
  const message = `Connections to ${quoted(served.wanted.derivedService)} fail: ${joined(parts, '; ')}`;
  return [{ type: ImportCondition.EndpointsAvailable, status: 'False', reason: ImportReason[gravest.reason], message }];
}
