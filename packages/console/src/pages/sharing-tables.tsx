/** Who exports a Service, and who imports it. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ServiceDetail } from '../../../../src/server/console/api-types.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Empty, Table } from '../parts/layout.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Time } from '../parts/time.tsx';
import type { ShareAction } from './share-dialog.tsx';

interface TablesProps {
  readonly detail: ServiceDetail;
  readonly onAction: (action: ShareAction) => void;
}

function Member({ name }: { readonly name: string }) {
  return (
    <Link to="/members/$member" params={{ member: name }} className="hover:underline">
      <Mono className="font-medium">{name}</Mono>
    </Link>
  );
}

interface StateCellProps {
  readonly state: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly children?: ReactNode;
}

function StateCell({ state, reason, message, children }: StateCellProps) {
  return (
    <>
      <span className="flex flex-wrap items-center gap-x-2">
        <State state={state} hasCaveat={reason !== undefined} />
        {reason !== undefined && <Mono className="text-dim">{reason}</Mono>}
      </span>
      {children}
      {message !== undefined && <Foreign className="block min-w-52 text-dim">{message}</Foreign>}
    </>
  );
}

export function ExportsTable({ detail: { report, may }, onAction }: TablesProps) {
  const t = useMessages();
  if (report.exports.length === 0) return <Empty>{t.stateNotExported}</Empty>;
  return (
    <Table label={t.exports} head={[t.member, t.state, t.endpoints, t.since, t.actions]}>
      {report.exports.map(({ member, state, reason, message, endpoints, createdAt }) => (
        <tr key={member}>
          <td>
            <Member name={member} />
          </td>
          <td>
            <StateCell state={state} reason={reason} message={message} />
          </td>
          <td className="whitespace-nowrap tabular-nums">
            {t.ofWhich(endpoints.ready, endpoints.total)}
            {endpoints.refused > 0 && (
              <span className="block text-bad">{`${endpoints.refused} ${t.notAnnounced}`}</span>
            )}
          </td>
          <td>{createdAt !== undefined && <Time at={createdAt} />}</td>
          <td className="text-end">
            {may.unexport && (
              <Button
                look="danger"
                aria-label={t.unexportTitle(member)}
                onClick={() => onAction({ kind: 'unexport', member })}
              >
                {t.unexport}
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function ImportsTable({ detail: { report, may }, onAction }: TablesProps) {
  const t = useMessages();
  if (report.imports.length === 0) return <Empty>{t.namesNone}</Empty>;
  return (
    <Table label={t.imports} head={[t.member, t.state, t.endpointsFrom, t.actions]}>
      {report.imports.map(({ member, state, reason, message, origin, managedBy, endpoints, ips }) => (
        <tr key={member}>
          <td>
            <Member name={member} />
            {ips.length > 0 && <Mono className="block text-dim">{ips.join(', ')}</Mono>}
          </td>
          <td>
            <StateCell state={state} reason={reason} message={message}>
              <span className="text-dim">
                {managedBy === undefined ? (origin === 'automatic' ? t.automatic : t.manual) : t.managedBy(managedBy)}
              </span>
            </StateCell>
          </td>
          <td className="tabular-nums">
            {endpoints.map((source) => (
              <span key={source.member} className="block whitespace-nowrap">
                <Mono>{source.member}</Mono> <span className="font-medium">{source.ready}</span>
              </span>
            ))}
          </td>
          <td className="text-end">
            {may.unimport && (
              <Button
                look="danger"
                aria-label={t.unimportTitle(member)}
                onClick={() => onAction({ kind: 'unimport', member })}
              >
                {t.unimport}
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
