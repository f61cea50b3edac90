/** The overview, the pages of rows, the conflicts and the topology, from the rows. */
import type { ServiceKey } from '../../../api/meta.ts';
import { conflictOf, fieldsOf } from '../../../core/merge/conflicts.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { type Attention, memberAttention } from '../../../inspect/attention.ts';
import type { Conflicts, Flow, MemberSummary, Overview, Revision, ServiceConflict, Topology } from '../api-types.ts';
import type { Scope } from '../scope.ts';
import { isVisible, membersOf } from './member-summaries.ts';
import type { Row, ServiceRows } from './service-rows.ts';

const MOST_ATTENTION = 200;
const MOST_CONFLICTS = 500;
const MOST_FLOWS = 5_000;
/** Characters of a page of rows. */
const PAGE_LENGTH = 2 * 1024 * 1024;

function isInConflict({ summary }: Row): boolean {
  return summary.exports.some(({ state }) => state === 'Conflict');
}

/** Broken things precede those that only have a caveat. */
function rank({ kind, state }: Attention): number {
  if (kind === 'member' || kind === 'controller') return 0;
  return state === 'Invalid' || state === 'NotReady' || state === 'Conflict' ? 1 : 2;
}

export async function overviewOf(
  rows: ServiceRows,
  members: readonly MemberSummary[],
  scope: Scope,
  revision: () => Revision,
): Promise<Overview> {
  const states: Overview['states'] = {};
  const found: [Attention[], Attention[], Attention[]] = [[], [], []];
  const totals = { services: 0, exports: 0, imports: 0, conflicts: 0, attention: 0 };
  const enter = (each: Attention): void => {
    totals.attention++;
    const list = found[rank(each)] ?? found[2];
    if (list.length < MOST_ATTENTION) list.push(each);
  };
  // Of now: what changes meanwhile is in a later message.
  const now = revision();
  for (const member of members) if (scope.all) for (const each of memberAttention(member)) enter(each);
  if (!scope.all) {
    for (const { name, state } of members) if (state !== 'ready') enter({ kind: 'member', member: name, state });
  }
  await rows.each(undefined, (key, row) => {
    if (!isVisible(scope, key)) return true;
    const { summary, attention } = row;
    totals.services++;
    totals.exports += summary.exports.length;
    totals.imports += summary.imports.length;
    if (isInConflict(row)) totals.conflicts++;
    states[summary.state] = (states[summary.state] ?? 0) + 1;
    for (const each of attention) enter(each);
    return true;
  });
  return { revision: now, members, totals, states, attention: found.flat().slice(0, MOST_ATTENTION) };
}

/** A page of rows as JSON, since each row was already made. */
export async function servicePage(
  rows: ServiceRows,
  scope: Scope,
  revision: Revision,
  { after, limit }: { readonly after?: ServiceKey; readonly limit: number },
): Promise<string> {
  const page: string[] = [];
  let length = 0;
  let last: ServiceKey | undefined;
  let isFull = false;
  await rows.each(after, (key, { json }) => {
    if (!isVisible(scope, key)) return true;
    if (page.length >= limit || length > PAGE_LENGTH) {
      isFull = true;
      return false;
    }
    page.push(json);
    length += json.length;
    last = key;
    return true;
  });
  const next = isFull && last !== undefined ? `,"next":${JSON.stringify(last)}` : '';
  return `{"revision":${revision},"services":[${page.join(',')}]${next}}`;
}

/** The rows of keys that exist and are visible, as JSON. */
export function rowsOf(rows: ServiceRows, keys: readonly ServiceKey[], scope: Scope): readonly string[] {
  return keys.filter((key) => isVisible(scope, key)).flatMap((key) => rows.row(key)?.json ?? []);
}

export async function conflictsOf(
  fleet: Fleet,
  rows: ServiceRows,
  scope: Scope,
  revision: Revision,
  now: number,
): Promise<Conflicts> {
  const conflicts: ServiceConflict[] = [];
  const [consumer] = membersOf(fleet);
  let total = 0;
  await rows.each(undefined, (key, row) => {
    if (!isVisible(scope, key) || !isInConflict(row)) return true;
    total++;
    if (conflicts.length >= MOST_CONFLICTS || !consumer) return true;
    const { valid } = fleet.view(key, consumer, now).clusterset.exports;
    const { namespace, name } = row.summary;
    const { reason, message } = conflictOf(valid) ?? reportedIn(row);
    const fields = fieldsOf(valid).filter(({ others }) => others.length > 0);
    conflicts.push({ namespace, name, reason, message, fields });
    return true;
  });
  return { revision, conflicts, total };
}

/** What another implementation reports, or what the last controller did. */
function reportedIn({ summary, attention }: Row): { readonly reason: string; readonly message: string } {
  const reported = attention.find(({ kind, state }) => kind === 'export' && state === 'Conflict');
  return { reason: reported?.reason ?? 'Conflict', message: reported?.message ?? `exports of ${summary.name} differ` };
}

export async function topologyOf(
  rows: ServiceRows,
  members: readonly MemberSummary[],
  scope: Scope,
  revision: Revision,
): Promise<Topology> {
  const flows = new Map<string, { -readonly [Field in keyof Flow]: Flow[Field] }>();
  await rows.each(undefined, (key, row) => {
    if (!isVisible(scope, key)) return true;
    for (const { from, to, endpoints } of row.flows) {
      const id = `${from}>${to}`;
      const flow = flows.get(id) ?? { from, to, services: 0, endpoints: 0 };
      flows.set(id, flow);
      flow.services++;
      flow.endpoints += endpoints;
    }
    return true;
  });
  const sorted = [...flows.values()].sort((a, b) => b.services - a.services);
  return { revision, members, flows: sorted.slice(0, MOST_FLOWS), totalFlows: sorted.length };
}
