import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import {
  ArrowLeftRight,
  Boxes,
  LayoutDashboard,
  type LucideIcon,
  Menu,
  PenLine,
  Plus,
  Server,
  TriangleAlert,
} from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useLocale } from '../i18n/locale.tsx';
import { moveFocus, type Place, shortcuts } from '../keyboard/shortcuts.ts';
import { buttonClass, Kbd } from '../parts/button.tsx';
import { ConnectionBanner, ConnectionState } from './connection.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { useSession } from './session-context.tsx';
import { Settings } from './settings.tsx';
import { useTheme } from './theme.tsx';

export const SEARCH_ID = 'search';

const PAGES = [
  { to: '/', label: 'overview', icon: LayoutDashboard, key: 'o' },
  { to: '/services', label: 'services', icon: Boxes, key: 's' },
  { to: '/members', label: 'members', icon: Server, key: 'm' },
  { to: '/conflicts', label: 'conflicts', icon: TriangleAlert, key: 'c' },
  { to: '/topology', label: 'topology', icon: ArrowLeftRight, key: 't' },
  { to: '/writes', label: 'writes', icon: PenLine, key: 'w' },
] as const satisfies readonly { to: Place; label: string; icon: LucideIcon; key: string }[];

/** Focuses the search field as soon as the page of Services has it. */
function focusSearch(): void {
  const field = document.getElementById(SEARCH_ID);
  if (field) field.focus();
}

export function Shell() {
  const { t, locale, choose: chooseLocale } = useLocale();
  const { shown, choose: chooseTheme } = useTheme();
  const session = useSession();
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const [menu, setMenu] = useState(false);
  const main = useRef<HTMLElement>(null);

  useEffect(() => {
    const handle = shortcuts(
      {
        go: (to) => void navigate({ to }),
        search: () => {
          if (document.getElementById(SEARCH_ID)) focusSearch();
          else void navigate({ to: '/services' }).then(() => requestAnimationFrame(focusSearch));
        },
        move: moveFocus,
        help: () => setHelp(true),
        theme: () => chooseTheme(shown === 'dark' ? 'light' : 'dark'),
        language: () => chooseLocale(locale === 'en' ? 'zh' : 'en'),
      },
      Date.now,
    );
    addEventListener('keydown', handle);
    return () => removeEventListener('keydown', handle);
  }, [navigate, shown, locale, chooseTheme, chooseLocale]);

  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <header className="flex shrink-0 flex-col border-line bg-panel max-md:border-b md:w-56 md:border-e">
        <button
          type="button"
          onClick={() => main.current?.focus()}
          className="absolute -top-20 left-2 z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:top-2"
        >
          {t.skip}
        </button>
        <div className="flex items-center gap-2.5 px-4 py-3">
          <img src="/icon.svg" alt="" width={22} height={22} className="shrink-0" />
          <div className="min-w-0 leading-tight">
            <div className="font-semibold tracking-tight">Catamaran</div>
            {session.fleet !== undefined && <div className="truncate text-[0.9em] text-dim">{session.fleet}</div>}
          </div>
          <div className="ms-auto flex shrink-0 items-center gap-2">
            <ConnectionState />
            <button
              type="button"
              className="rounded-md border border-line p-1 md:hidden"
              aria-label={t.menu}
              aria-expanded={menu}
              onClick={() => setMenu(!menu)}
            >
              <Menu size={18} aria-hidden />
            </button>
          </div>
        </div>
        <nav
          aria-label={t.navigation}
          className={`flex flex-col gap-0.5 px-2 pb-2 md:flex ${menu ? '' : 'max-md:hidden'}`}
        >
          {session.write && (
            <Link
              to="/create"
              onClick={() => setMenu(false)}
              className={`${buttonClass('primary')} mb-2 justify-center`}
            >
              <Plus size={15} aria-hidden />
              {t.createShort}
            </Link>
          )}
          {PAGES.map(({ to, label, icon: Icon, key }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === '/' }}
              onClick={() => setMenu(false)}
              className="group flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-dim hover:bg-raised hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink"
            >
              <Icon size={16} aria-hidden />
              {t[label]}
              <span aria-hidden className="ms-auto hidden gap-1 md:group-hover:flex">
                <Kbd>g</Kbd>
                <Kbd>{key}</Kbd>
              </span>
            </Link>
          ))}
        </nav>
        <div className={`mt-auto md:block ${menu ? '' : 'max-md:hidden'}`}>
          <Settings onKeys={() => setHelp(true)} />
        </div>
      </header>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <ConnectionBanner />
        <main id="main" ref={main} tabIndex={-1} className="min-h-0 flex-1 overflow-auto focus-visible:outline-none">
          <Outlet />
        </main>
      </div>
      {help && <KeysDialog onClose={() => setHelp(false)} />}
    </div>
  );
}
