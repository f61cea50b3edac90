import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { BudgetLine, MemberDetail } from '../../../../src/server/console/api-types.ts';
import { memberQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Page, Panel, Table } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Time } from '../parts/time.tsx';
import { LastSeen } from './member-table.tsx';

const route = getRouteApi('/members/$member');

export function MemberPage() {
  const t = useMessages();
  const { member: name } = route.useParams();
  const query = useQuery(memberQuery(name));
  return (
    <Page
      title={name}
      note={query.data && <State state={query.data.state} />}
      actions={
        <>
          <Link to="/services" search={{ member: name }} className="text-accent hover:underline">
            {t.services}
          </Link>
          <Link to="/topology" search={{ member: name }} className="text-accent hover:underline">
            {t.topology}
          </Link>
        </>
      }
    >
      <Reading query={query}>{(member) => <Detail member={member} />}</Reading>
    </Page>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="grid grid-cols-[9rem_minmax(0,1fr)] gap-2 px-4 py-2">
      <dt className="text-dim">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Ranges({ ranges }: { readonly ranges: readonly string[] }) {
  const t = useMessages();
  if (ranges.length === 0) return <span className="text-dim">{t.notDeclared}</span>;
  return <Mono>{ranges.join(', ')}</Mono>;
}

function Detail({ member }: { readonly member: MemberDetail }) {
  const t = useMessages();
  const { writer, ranges, permissions, budget } = member;
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <Panel title={t.state}>
        <dl className="py-2">
          <Fact label={t.state}>
            <State state={member.state} />
            {member.error !== undefined && <Foreign className="block text-dim">{member.error}</Foreign>}
          </Fact>
          <Fact label={t.lastSeen}>
            <LastSeen member={member} />
          </Fact>
          <Fact label={t.controller}>
            <State state={writer.state} />
            {'holder' in writer && (
              <span className="block">
                <Mono>{writer.holder}</Mono> · <Time at={writer.renewedAt} />
              </span>
            )}
            {'error' in writer && <Foreign className="block text-dim">{writer.error}</Foreign>}
          </Fact>
          <Fact label={t.exports}>{member.exports}</Fact>
          <Fact label={t.imports}>{member.imports}</Fact>
          {member.importMode !== undefined && <Fact label={t.importMode}>{member.importMode}</Fact>}
          {member.lag && <Fact label={t.lag}>{t.lagValue(member.lag.p50Ms, member.lag.maxMs)}</Fact>}
        </dl>
      </Panel>
      {ranges && (
        <Panel title={t.ranges}>
          <dl className="py-2">
            <Fact label={t.podRanges}>
              <Ranges ranges={ranges.pods} />
            </Fact>
            <Fact label={t.serviceRanges}>
              <Ranges ranges={ranges.services} />
            </Fact>
            <Fact label={t.nodeRanges}>
              <Ranges ranges={ranges.nodes} />
            </Fact>
            <Fact label={t.otherRanges}>
              <Ranges ranges={ranges.others} />
            </Fact>
            <Fact label={t.accepts}>{ranges.accepts === 'Known' ? t.acceptsKnown : t.acceptsAny}</Fact>
          </dl>
        </Panel>
      )}
      {permissions && (
        <Panel title={t.permissions} note={t.permissionsHint}>
          <Table label={t.permissions} head={[t.object, t.operation, t.outcome]}>
            {permissions.map(({ verb, resource, allowed }) => (
              <tr key={`${verb} ${resource}`}>
                <td>
                  <Mono>{resource}</Mono>
                </td>
                <td>{verb}</td>
                <td className={allowed === true ? 'text-ok' : allowed === false ? 'text-bad' : 'text-dim'}>
                  {allowed === true ? t.allowed : allowed === false ? t.denied : t.notAsked}
                </td>
              </tr>
            ))}
          </Table>
        </Panel>
      )}
      {budget && (
        <Panel title={t.budget}>
          <ul className="flex flex-col gap-3 p-4">
            {budget.map((line) => (
              <Budget key={line.what} line={line} />
            ))}
          </ul>
        </Panel>
      )}
      {!ranges && <p className="text-dim">{t.limitedView}</p>}
    </div>
  );
}

function Budget({ line: { what, used, limit } }: { readonly line: BudgetLine }) {
  const t = useMessages();
  const labels = {
    exports: t.budgetExports,
    exportsPerNamespace: t.budgetExportsPerNamespace,
    endpointsPerExport: t.budgetEndpointsPerExport,
    bytes: t.budgetBytes,
  };
  return (
    <li className="grid gap-1">
      <span className="flex">
        {labels[what]}
        <span className="ms-auto tabular-nums text-dim">{`${used.toLocaleString()} / ${limit.toLocaleString()}`}</span>
      </span>
      <meter className="h-2 w-full" aria-label={labels[what]} min={0} max={limit} high={limit * 0.8} value={used} />
    </li>
  );
}
