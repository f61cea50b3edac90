import type { EndpointView, SourceEndpoints } from '../../../../src/server/console/api-types.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Empty } from '../parts/layout.tsx';
import { TEXT } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';

/** Endpoints of each exporter, with their readiness. */
export function Endpoints({ sources }: { readonly sources: readonly SourceEndpoints[] }) {
  const t = useMessages();
  if (sources.length === 0) return <Empty>{t.stateNotExported}</Empty>;
  return sources.map(({ member, endpoints, total }) => (
    <section key={member} aria-label={member} className="border-t border-line px-4 py-3 first-of-type:border-t-0">
      <h3 className="flex items-center gap-2 pb-2">
        <Mono className="font-medium">{member}</Mono>
        <span className="text-dim">{t.ofWhich(endpoints.filter(({ ready }) => ready).length, total)}</span>
      </h3>
      <ul className="flex flex-wrap gap-1.5">
        {endpoints.map((endpoint) => (
          <Endpoint key={`${endpoint.addresses.join()} ${endpoint.hostname ?? ''}`} endpoint={endpoint} />
        ))}
        {total > endpoints.length && (
          <li className="px-2 py-1 text-dim">{t.moreEndpoints(total - endpoints.length)}</li>
        )}
      </ul>
    </section>
  ));
}

function Endpoint({ endpoint }: { readonly endpoint: EndpointView }) {
  const t = useMessages();
  const { addresses, ready, terminating, hostname, node, zone, refused } = endpoint;
  const [tone, sign, label] =
    refused !== undefined
      ? (['bad', '✕', t.notAnnounced] as const)
      : ready
        ? (['ok', '●', t.stateReady] as const)
        : (['warn', '◌', terminating ? t.terminating : t.stateNotReady] as const);
  const place = [hostname, node, zone].filter((part) => part !== undefined).join(' · ');
  return (
    <li className="flex items-center gap-2 rounded-md border border-line bg-ground px-2 py-1" title={label}>
      <span aria-hidden className={TEXT[tone]}>
        {sign}
      </span>
      <span className="sr-only">{label}</span>
      <Mono>{addresses.join(', ')}</Mono>
      {place !== '' && <Foreign className="text-dim">{place}</Foreign>}
      {refused !== undefined && <Foreign className="text-bad">{refused}</Foreign>}
    </li>
  );
}
