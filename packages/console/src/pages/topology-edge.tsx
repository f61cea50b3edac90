import { BaseEdge, type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import type { Place } from './topology-layout.ts';
import { NODE } from './topology-layout.ts';

/** Endpoints between two members; `back` flows in the other direction. */
export type FlowEdge = Edge<
  { readonly from: Place; readonly to: Place; readonly there: number; readonly back: number; readonly isLost: boolean },
  'flow'
>;

const center = ({ x, y }: Place): Place => ({ x: x + NODE.width / 2, y: y + NODE.height / 2 });

/** Where the line from the center of a node to another point leaves the node. */
export function border(from: Place, towards: Place): Place {
  const [dx, dy] = [towards.x - from.x, towards.y - from.y];
  const margin = 4;
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : (NODE.width / 2 + margin) / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : (NODE.height / 2 + margin) / Math.abs(dy),
  );
  return Number.isFinite(scale) ? { x: from.x + dx * scale, y: from.y + dy * scale } : from;
}

export function FlowLine({ id, data, markerStart, markerEnd, style }: EdgeProps<FlowEdge>) {
  if (!data) return null;
  const [a, b] = [center(data.from), center(data.to)];
  const [start, end] = [border(a, b), border(b, a)];
  const label = data.back > 0 ? `${data.there} ⇄ ${data.back}` : `${data.there}`;
  return (
    <>
      <BaseEdge
        id={id}
        path={`M ${start.x},${start.y} L ${end.x},${end.y}`}
        {...(style && { style })}
        {...(markerStart && { markerStart })}
        {...(markerEnd && { markerEnd })}
      />
      <EdgeLabelRenderer>
        <div
          className={`absolute rounded border border-line bg-panel px-1.5 text-[0.85em] tabular-nums ${data.isLost ? 'text-bad' : 'text-dim'}`}
          style={{
            transform: `translate(-50%, -50%) translate(${(start.x + end.x) / 2}px, ${(start.y + end.y) / 2}px)`,
          }}
        >
          {label}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
