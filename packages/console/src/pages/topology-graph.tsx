import {
  Background,
  Controls,
  Handle,
  MarkerType,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import type { Flow, MemberSummary } from '../../../../src/server/console/api-types.ts';
import { useTheme } from '../app/theme.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { State } from '../parts/state.tsx';
import { Mono } from '../parts/text.tsx';
import { type FlowEdge, FlowLine } from './topology-edge.tsx';
import { NODE, type Place, placed } from './topology-layout.ts';

interface GraphProps {
  readonly members: readonly MemberSummary[];
  readonly flows: readonly Flow[];
  /** The member whose flows are shown. */
  readonly member: string | undefined;
}

type MemberNode = Node<{ readonly member: MemberSummary; readonly isFaint: boolean }, 'member'>;

export function TopologyGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

const NODE_TYPES = { member: MemberCard };
const EDGE_TYPES = { flow: FlowLine };

function Graph({ members, flows, member }: GraphProps) {
  const t = useMessages();
  const { shown } = useTheme();
  const navigate = useNavigate();
  const { fitView } = useReactFlow();
  const [places, setPlaces] = useState<ReadonlyMap<string, Place>>();
  const shape = JSON.stringify([members.map(({ name }) => name), flows.map(({ from, to }) => [from, to])]);

  // A change of numbers or states moves nothing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: shape is what the layout depends on
  useEffect(() => {
    let current = true;
    void placed(
      members.map(({ name }) => name),
      flows,
    ).then((found) => {
      if (!current) return;
      setPlaces(found);
      requestAnimationFrame(() => void fitView({ padding: 0.15, maxZoom: 1.2 }));
    });
    return () => {
      current = false;
    };
  }, [shape, fitView]);

  const nodes = useMemo(() => nodesOf(members, flows, member, places), [members, flows, member, places]);
  const edges = useMemo(() => edgesOf(flows, members, places), [flows, members, places]);
  return (
    <section
      aria-label={t.topology}
      className="h-[min(65dvh,60rem)] min-h-80 overflow-hidden rounded-lg border border-line bg-panel"
    >
      {places && (
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          colorMode={shown}
          onNodeClick={(_, { id }) => void navigate({ to: '/topology', search: { member: id } })}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          fitView
          fitViewOptions={{ padding: 0.15, maxZoom: 1.2 }}
          minZoom={0.05}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={24} />
          <Controls showInteractive={false} />
        </ReactFlow>
      )}
    </section>
  );
}

function nodesOf(
  members: readonly MemberSummary[],
  flows: readonly Flow[],
  member: string | undefined,
  places: ReadonlyMap<string, Place> | undefined,
): MemberNode[] {
  const touched = new Set(flows.flatMap(({ from, to }) => [from, to]));
  return members.map((each) => ({
    id: each.name,
    type: 'member',
    position: places?.get(each.name) ?? { x: 0, y: 0 },
    data: { member: each, isFaint: member !== undefined && member !== each.name && !touched.has(each.name) },
    width: NODE.width,
    height: NODE.height,
  }));
}

/** One line for both directions. */
function edgesOf(
  flows: readonly Flow[],
  members: readonly MemberSummary[],
  places: ReadonlyMap<string, Place> | undefined,
): FlowEdge[] {
  const lost = new Set(members.filter(({ state }) => state !== 'ready').map(({ name }) => name));
  const endpoints = new Map(flows.map((flow) => [`${flow.from} ${flow.to}`, flow.endpoints]));
  const arrow = (color: string) => ({ type: MarkerType.ArrowClosed, color, width: 16, height: 16 });
  return flows.flatMap(({ from, to, endpoints: there }) => {
    const back = endpoints.get(`${to} ${from}`) ?? 0;
    // The other direction draws the line.
    const isDrawn = there > back || (there === back && from < to);
    const [start, end] = [places?.get(from), places?.get(to)];
    if (there === 0 || !isDrawn || !start || !end) return [];
    const isLost = lost.has(from) || lost.has(to);
    const color = isLost ? 'var(--bad)' : 'var(--dim)';
    return [
      {
        id: `${from} ${to}`,
        type: 'flow',
        source: from,
        target: to,
        ariaLabel: `${from} → ${to}: ${there}`,
        data: { from: start, to: end, there, back, isLost },
        style: {
          stroke: color,
          strokeWidth: Math.min(1 + Math.log2(there + back) / 3, 4),
          ...(isLost && { strokeDasharray: '6 5' }),
        },
        markerEnd: arrow(color),
        ...(back > 0 && { markerStart: { ...arrow(color), orient: 'auto-start-reverse' } }),
      },
    ];
  });
}

function MemberCard({ data: { member, isFaint } }: NodeProps<MemberNode>) {
  const t = useMessages();
  const isLost = member.state !== 'ready';
  return (
    <div
      className={`flex size-full flex-col justify-center gap-0.5 rounded-lg border px-3 text-start ${isLost ? 'border-bad bg-bad-soft' : 'border-line bg-ground'} ${isFaint ? 'opacity-35' : ''}`}
    >
      <Handle type="target" position={Position.Left} className="opacity-0" />
      <Mono className="truncate font-medium">{member.name}</Mono>
      {isLost ? (
        <State state={member.state} />
      ) : (
        <span className="text-dim">{`${t.nExports(member.exports)} · ${t.nImports(member.imports)}`}</span>
      )}
      <Handle type="source" position={Position.Right} className="opacity-0" />
    </div>
  );
}
