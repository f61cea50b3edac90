/** Create a multi-cluster Service: choose, see what it would do, create it, and see a request succeed. */
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { CreatePreview, MemberSummary } from '../../../../src/server/console/api-types.ts';
import { change } from '../api/client.ts';
import { overviewQuery } from '../api/queries.ts';
import { useSession } from '../app/session-context.tsx';
import { useMessages } from '../i18n/locale.tsx';
import { Page, Panel } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { ChooseService, Consumers, Providers } from './create-choices.tsx';
import { CreatePreviewPanel } from './create-preview.tsx';
import { type Chosen, CreateProgress } from './create-progress.tsx';

const route = getRouteApi('/create');

export function CreatePage() {
  const t = useMessages();
  const session = useSession();
  const query = useQuery(overviewQuery);
  return (
    <Page title={t.create} note={session.write ? undefined : t.readOnlyWhy}>
      <Reading query={query}>{({ members }) => <Form members={members} />}</Reading>
    </Page>
  );
}

function Form({ members }: { readonly members: readonly MemberSummary[] }) {
  const t = useMessages();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { provider = '', namespace = '', name = '' } = search;
  const [started, setStarted] = useState<{
    readonly chosen: Chosen;
    readonly preview: CreatePreview;
    readonly acceptConflict: boolean;
  }>();
  const others = members.filter((member) => member.name !== provider).map((member) => member.name);
  const consumers =
    search.consumers === undefined ? others : search.consumers.split(',').filter((each) => each !== '-');
  const chosen = { provider, namespace, name, consumers };
  const isChosen = provider !== '' && namespace !== '' && name !== '';
  const set = (values: Partial<typeof search>) =>
    void navigate({ search: (last) => ({ ...last, ...values }), replace: true });
  const preview = usePreview(chosen, isChosen && !started);

  if (started) {
    return <CreateProgress {...started} onAgain={() => setStarted(undefined)} />;
  }
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title={`1. ${t.provider}`} note={t.providerHint}>
          <Providers members={members} chosen={provider} onChoose={(value) => set({ provider: value })} />
        </Panel>
        <Panel title={`2. ${t.chooseService}`}>
          <ChooseService
            key={provider}
            provider={provider}
            namespace={namespace}
            name={name}
            onChoose={(ns, service) => set({ namespace: ns, name: service })}
          />
        </Panel>
        <Panel title={`3. ${t.consumers}`} note={t.consumersHint}>
          <Consumers
            members={members}
            provider={provider}
            chosen={consumers}
            // An empty list needs a value of its own: without one, all are chosen.
            onChoose={(names) => set({ consumers: names.length === 0 ? '-' : names.join(',') })}
          />
        </Panel>
      </div>
      <CreatePreviewPanel
        query={preview}
        isChosen={isChosen}
        onCreate={(data, acceptConflict) => setStarted({ chosen, preview: data, acceptConflict })}
      />
    </div>
  );
}

function usePreview({ provider, namespace, name, consumers }: Chosen, enabled: boolean) {
  const session = useSession();
  return useQuery({
    queryKey: ['preview', 'create', provider, namespace, name, ...consumers],
    queryFn: () => change<CreatePreview>(session, 'POST', 'preview', { namespace, name, member: provider, consumers }),
    enabled,
    gcTime: 0,
  });
}
