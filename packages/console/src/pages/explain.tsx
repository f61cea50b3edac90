import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, CircleX, TriangleAlert } from 'lucide-react';
import type { Explanation } from '../../../../src/server/console/api-types.ts';
import { explainQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { Foreign, Mono } from '../parts/text.tsx';

type Path = Explanation['paths'][number];
type Hop = Path['hops'][number];

const ICONS = { ok: CircleCheck, warning: TriangleAlert, broken: CircleX, skipped: CircleDashed };
const COLORS = { ok: 'text-ok', warning: 'text-warn', broken: 'text-bad', skipped: 'text-dim' };

const route = getRouteApi('/services/$namespace/$name');

interface ExplainProps {
  readonly namespace: string;
  readonly name: string;
  readonly consumer: string | undefined;
}

/** The way of a request from a consumer to the endpoints, with the first hop that is broken. */
export function Explain({ namespace, name, consumer }: ExplainProps) {
  const t = useMessages();
  const navigate = route.useNavigate();
  const query = useQuery(explainQuery(namespace, name, undefined));
  const paths = query.data?.paths ?? [];
  const path = paths.find((each) => each.consumer === consumer) ?? paths.find(({ broken }) => broken) ?? paths[0];
  return (
    <Panel
      title={t.explain}
      note={
        path && (
          <label className="flex items-center gap-2">
            {t.consumer}
            <select
              value={path.consumer}
              className="max-w-40 rounded-md border border-line bg-panel px-1.5 py-0.5 text-ink"
              onChange={(event) => void navigate({ search: { consumer: event.target.value }, replace: true })}
            >
              {paths.map((each) => (
                <option key={each.consumer} value={each.consumer}>
                  {each.broken ? `✕ ${each.consumer}` : each.consumer}
                </option>
              ))}
            </select>
          </label>
        )
      }
    >
      <Reading query={query}>{() => path && <Way path={path} />}</Reading>
    </Panel>
  );
}

function Way({ path: { hops, broken } }: { readonly path: Path }) {
  const t = useMessages();
  return (
    <>
      <p className={`px-4 py-2.5 font-medium ${broken ? 'bg-bad-soft text-bad' : 'bg-ok-soft text-ok'}`}>
        {broken ? t.explainBroken(broken.hop, broken.member) : t.explainOk}
      </p>
      <ol className="flex flex-col px-4 py-2">
        {hops.map((hop) => (
          <HopRow key={`${hop.hop} ${hop.member} ${hop.seen}`} hop={hop} isBroken={hop === broken} />
        ))}
      </ol>
    </>
  );
}

function HopRow({ hop, isBroken }: { readonly hop: Hop; readonly isBroken: boolean }) {
  const Icon = ICONS[hop.result];
  return (
    <li
      className={`flex gap-2.5 py-1.5 ${hop.result === 'skipped' ? 'text-dim' : ''}`}
      aria-current={isBroken || undefined}
    >
      <Icon size={15} aria-hidden className={`mt-0.5 shrink-0 ${COLORS[hop.result]}`} />
      <span className="sr-only">{hop.result}</span>
      <span className="min-w-0">
        <span className="font-medium">{hop.hop}</span> <Mono className="text-dim">{hop.member}</Mono>
        <Foreign className="block break-words">{hop.seen}</Foreign>
        {hop.remedy !== undefined && <Foreign className="block break-words text-accent">{`→ ${hop.remedy}`}</Foreign>}
      </span>
    </li>
  );
}
