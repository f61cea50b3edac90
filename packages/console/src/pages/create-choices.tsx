import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { MemberSummary } from '../../../../src/server/console/api-types.ts';
import { choicesQuery, namespacesQuery } from '../api/queries.ts';
import { useMessages } from '../i18n/locale.tsx';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/layout.tsx';
import { Reading } from '../parts/reading.tsx';
import { State } from '../parts/state.tsx';
import { Foreign, Mono } from '../parts/text.tsx';

const LIST = 'max-h-72 overflow-auto py-1';
const CHOICE =
  'flex flex-wrap items-center gap-x-2.5 px-4 py-1.5 hover:bg-raised has-checked:bg-accent-soft has-disabled:opacity-70';
const FIELD = 'min-w-0 rounded-md border border-line bg-panel px-2.5 py-1.5';

interface ProvidersProps {
  readonly members: readonly MemberSummary[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

export function Providers({ members, chosen, onChoose }: ProvidersProps) {
  const t = useMessages();
  const group = useId();
  return (
    <fieldset className={LIST}>
      <legend className="sr-only">{t.provider}</legend>
      {members.map(({ name, state }) => (
        <label key={name} className={CHOICE}>
          <input
            type="radio"
            name={group}
            className="accent-accent"
            checked={name === chosen}
            disabled={state !== 'ready'}
            onChange={() => onChoose(name)}
          />
          <Mono>{name}</Mono>
          {state !== 'ready' && <State state={state} />}
        </label>
      ))}
    </fieldset>
  );
}

interface ChooseServiceProps {
  readonly provider: string;
  readonly namespace: string;
  readonly name: string;
  readonly onChoose: (namespace: string, name: string) => void;
}

export function ChooseService({ provider, namespace, name, onChoose }: ChooseServiceProps) {
  const t = useMessages();
  const namespaces = useQuery({ ...namespacesQuery(provider), enabled: provider !== '' });
  const [filter, setFilter] = useState('');
  if (provider === '') return <Empty>{t.providerHint}</Empty>;
  return (
    <>
      <div className="flex flex-wrap gap-2 border-b border-line px-4 py-2.5">
        <select
          value={namespace}
          aria-label={t.namespace}
          className={`${FIELD} flex-1`}
          onChange={(event) => onChoose(event.target.value, '')}
        >
          <option value="">{t.namespace}</option>
          {namespaces.data?.namespaces.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <input
          type="search"
          value={filter}
          aria-label={t.filterChoices}
          placeholder={t.filterChoices}
          className={`${FIELD} flex-1 placeholder:text-dim`}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {namespace !== '' && (
        <ServiceList provider={provider} namespace={namespace} name={name} filter={filter} onChoose={onChoose} />
      )}
    </>
  );
}

function ServiceList({
  provider,
  namespace,
  name,
  filter,
  onChoose,
}: ChooseServiceProps & { readonly filter: string }) {
  const t = useMessages();
  const group = useId();
  const query = useQuery(choicesQuery(provider, namespace));
  return (
    <Reading query={query}>
      {({ services }) => {
        const shown = services.filter((service) => service.name.includes(filter.trim()));
        if (shown.length === 0) return <Empty>{t.noChoices}</Empty>;
        return (
          <fieldset className={LIST}>
            <legend className="sr-only">{t.service}</legend>
            {shown.map((service) => (
              <label key={service.name} className={CHOICE}>
                <input
                  type="radio"
                  name={group}
                  className="accent-accent"
                  checked={service.name === name}
                  disabled={service.refusal !== undefined}
                  onChange={() => onChoose(namespace, service.name)}
                />
                <Mono className="font-medium">{service.name}</Mono>
                <Mono className="text-dim">
                  {[service.type, ...service.ports.map(({ port, protocol }) => `${port}/${protocol}`)].join(' ')}
                </Mono>
                {service.exported && <span className="text-ok">{t.alreadyExported}</span>}
                {service.refusal !== undefined && (
                  <Foreign className="basis-full ps-6 text-dim">{service.refusal}</Foreign>
                )}
              </label>
            ))}
          </fieldset>
        );
      }}
    </Reading>
  );
}

interface ConsumersProps {
  readonly members: readonly MemberSummary[];
  readonly provider: string;
  readonly chosen: readonly string[];
  readonly onChoose: (names: readonly string[]) => void;
}

export function Consumers({ members, provider, chosen, onChoose }: ConsumersProps) {
  const t = useMessages();
  const names = members.map(({ name }) => name);
  const toggle = (name: string, isOn: boolean) =>
    onChoose(names.filter((each) => (each === name ? isOn : chosen.includes(each))));
  return (
    <>
      <div className="flex gap-2 border-b border-line px-4 py-2">
        <Button onClick={() => onChoose(names)}>{t.selectAll}</Button>
        <Button onClick={() => onChoose([])}>{t.selectNone}</Button>
      </div>
      <fieldset className={`${LIST} grid sm:grid-cols-2`}>
        <legend className="sr-only">{t.consumers}</legend>
        {members.map(({ name, state }) => (
          <label key={name} className={CHOICE}>
            <input
              type="checkbox"
              className="accent-accent"
              checked={chosen.includes(name)}
              onChange={(event) => toggle(name, event.target.checked)}
            />
            <Mono>{name}</Mono>
            {name === provider && <span className="text-dim">{t.provider}</span>}
            {state !== 'ready' && <State state={state} />}
          </label>
        ))}
      </fieldset>
    </>
  );
}
