/** Members, and the endpoints that flow between them. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Flow, Topology } from '../../../../src/server/console/api-types.ts';
import { topologyQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Empty, Page, Panel, Table } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { Mono } from '../parts/text.tsx';
import { TopologyGraph } from './topology-graph.tsx';

const route = getRouteApi('/topology');

/** More arrows than these cannot be told apart. */
const MAX_FLOWS = 150;

export function TopologyPage() {
  const t = useMessages();
  const query = useQuery(topologyQuery);
  const { member } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title={t.topology}
      note={member ?? t.topologyHint}
      actions={member !== undefined && <Button onClick={() => void navigate({ search: {} })}>{t.resetView}</Button>}
    >
      <Reading query={query}>{(topology) => <Flows topology={topology} member={member} />}</Reading>
    </Page>
  );
}

/** Of one member, or the largest. */
function shownFlows({ flows }: Topology, member: string | undefined): readonly Flow[] {
  const between = flows.filter(({ from, to }) => from !== to);
  return member === undefined
    ? between.slice(0, MAX_FLOWS)
    : between.filter(({ from, to }) => from === member || to === member);
}

function Flows({ topology, member }: { readonly topology: Topology; readonly member: string | undefined }) {
  const t = useMessages();
  const flows = shownFlows(topology, member);
  const isCut = member === undefined && topology.totalFlows > flows.length && flows.length === MAX_FLOWS;
  return (
    <>
      {isCut && <p className="text-dim">{t.topologyCut(flows.length, topology.totalFlows)}</p>}
      <TopologyGraph members={topology.members} flows={flows} member={member} />
      <Panel title={t.flows}>
        {flows.length === 0 ? (
          <Empty>{t.topologyNone}</Empty>
        ) : (
          <Table label={t.flows} head={[t.from, t.to, t.services, t.endpoints]}>
            {flows.map(({ from, to, services, endpoints }) => (
              <tr key={`${from} ${to}`}>
                <td>
                  <Mono>{from}</Mono>
                </td>
                <td>
                  <Mono>{to}</Mono>
                </td>
                <td className="tabular-nums">{services}</td>
                <td className="tabular-nums">{endpoints}</td>
              </tr>
            ))}
          </Table>
        )}
      </Panel>
    </>
  );
}
