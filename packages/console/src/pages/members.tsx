import { useQuery } from '@tanstack/react-query';
import { overviewQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Page } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { MemberTable } from './member-table.tsx';

export function MembersPage() {
  const t = useMessages();
  const query = useQuery(overviewQuery);
  return (
    <Page title={t.members} note={query.data && t.nMembers(query.data.members.length)}>
      <Reading query={query}>
        {({ members }) => (
          <div className="overflow-hidden rounded-lg border border-line bg-panel">
            <MemberTable members={members} />
          </div>
        )}
      </Reading>
    </Page>
  );
}
