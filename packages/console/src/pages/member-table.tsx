import { Link } from '@tanstack/react-router';
import type { MemberSummary } from '../../../../src/server/console/api-types.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Table } from '../parts/layout.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';
import { Time } from '../parts/time.tsx';

export function MemberTable({ members }: { readonly members: readonly MemberSummary[] }) {
  const t = useMessages();
  const hasLag = members.some(({ lag }) => lag !== undefined);
  const head = [t.member, t.state, t.controller, t.exports, t.imports, ...(hasLag ? [t.lag] : []), t.lastSeen];
  return (
    <Table label={t.members} head={head}>
      {members.map((member) => (
        <tr key={member.name} className="hover:bg-raised">
          <td>
            <Link
              data-row
              to="/members/$member"
              params={{ member: member.name }}
              className="font-medium hover:underline"
            >
              <Mono>{member.name}</Mono>
            </Link>
          </td>
          <td>
            <State state={member.state} />
            {member.error !== undefined && (
              <Foreign className="line-clamp-2 max-w-96 min-w-40 text-dim">{member.error}</Foreign>
            )}
          </td>
          <td>
            <State state={member.writer.state} />
            {'holder' in member.writer && (
              <Foreign className="block max-w-60 truncate text-dim">{member.writer.holder}</Foreign>
            )}
          </td>
          <td className="tabular-nums">{member.exports}</td>
          <td className="tabular-nums">{member.imports}</td>
          {hasLag && (
            <td className="whitespace-nowrap tabular-nums">
              {member.lag && t.lagValue(member.lag.p50Ms, member.lag.maxMs)}
            </td>
          )}
          <td>
            <LastSeen member={member} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function LastSeen({ member }: { readonly member: MemberSummary }) {
  const t = useMessages();
  if (member.state === 'ready') return t.now;
  return member.lastSeen === undefined ? t.never : <Time at={member.lastSeen} />;
}
