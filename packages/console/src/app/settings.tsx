import { useQueryClient } from '@tanstack/react-query';
import { Keyboard, Lock, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { ToggleGroup } from 'radix-ui';
import { change } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { LOCALES, useLocale } from '../i18n/locale.tsx';
import { useSession } from './session-context.tsx';
import { THEMES, useTheme } from './theme.tsx';

const GROUP = 'flex rounded-md border border-line bg-ground p-0.5';
const ITEM =
  'grid min-h-6 min-w-7 place-items-center rounded px-1.5 text-dim hover:text-ink data-[state=on]:bg-panel data-[state=on]:font-medium data-[state=on]:text-ink data-[state=on]:shadow-sm';

const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };
const SHORT = { en: 'EN', zh: '中' };

export function Settings({ onKeys }: { readonly onKeys: () => void }) {
  const { t, locale, choose: chooseLocale } = useLocale();
  const { theme, choose: chooseTheme } = useTheme();
  const session = useSession();
  const themeLabels = { system: t.themeSystem, light: t.themeLight, dark: t.themeDark };
  return (
    <div className="flex flex-col gap-2 border-t border-line p-3">
      {!session.write && (
        <p className="flex items-center gap-1.5 text-dim" title={t.readOnlyWhy}>
          <Lock size={13} aria-hidden />
          {t.readOnly}
        </p>
      )}
      {session.user !== undefined && <User user={session.user} />}
      <div className="flex items-center gap-2">
        <ToggleGroup.Root
          type="single"
          value={theme}
          aria-label={t.theme}
          className={GROUP}
          onValueChange={(value) => {
            const chosen = THEMES.find((each) => each === value);
            if (chosen) chooseTheme(chosen);
          }}
        >
          {THEMES.map((each) => {
            const Icon = THEME_ICONS[each];
            return (
              <ToggleGroup.Item
                key={each}
                value={each}
                aria-label={themeLabels[each]}
                title={themeLabels[each]}
                className={ITEM}
              >
                <Icon size={14} aria-hidden />
              </ToggleGroup.Item>
            );
          })}
        </ToggleGroup.Root>
        <ToggleGroup.Root
          type="single"
          value={locale}
          aria-label={t.languageLabel}
          className={GROUP}
          onValueChange={(value) => {
            const chosen = LOCALES.find((each) => each === value);
            if (chosen) chooseLocale(chosen);
          }}
        >
          {LOCALES.map((each) => (
            <ToggleGroup.Item key={each} value={each} lang={each} className={ITEM}>
              {SHORT[each]}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
        <button
          type="button"
          onClick={onKeys}
          aria-label={t.keys}
          title={`${t.keys} (?)`}
          className="ms-auto rounded-md p-1.5 text-dim hover:bg-raised hover:text-ink"
        >
          <Keyboard size={16} aria-hidden />
        </button>
      </div>
    </div>
  );
}

function User({ user }: { readonly user: string }) {
  const { t } = useLocale();
  const session = useSession();
  const client = useQueryClient();
  const signOut = async () => {
    await change(session, 'DELETE', 'session').catch(() => {});
    client.clear();
    await client.resetQueries(sessionQuery);
  };
  return (
    <p className="flex items-center gap-2">
      <span className="min-w-0 truncate" title={user}>
        {user}
      </span>
      <button
        type="button"
        onClick={() => void signOut()}
        aria-label={t.signOut}
        title={t.signOut}
        className="ms-auto rounded-md p-1 text-dim hover:bg-raised hover:text-ink"
      >
        <LogOut size={14} aria-hidden />
      </button>
    </p>
  );
}
