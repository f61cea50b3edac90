import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, RouterProvider } from '@tanstack/react-router';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attention, Overview, Session } from '../../../src/server/console/api-types.ts';
import { createConsoleRouter } from '../src/app/router.tsx';
import { SignedIn } from '../src/app/sign-in.tsx';
import { ThemeProvider } from '../src/app/theme.tsx';
import { LocaleProvider } from '../src/i18n/locale.tsx';

const SESSION: Session = {
  csrf: 'token',
  write: false,
  requests: { available: false, why: 'no pods' },
  writesFrom: 'events',
  allNamespaces: true,
  clustersetDomain: 'clusterset.local',
  version: '0.1.0',
};

const ATTENTION: readonly Attention[] = ['osaka', 'sydney'].map((member) => ({
  kind: 'import',
  member,
  namespace: 'shop',
  name: '<img src=x onerror=alert(1)>',
  state: 'NotReady',
  reason: 'NoneReady',
  message: 'safe\u202e\u001b[2Jtext',
}));

const OVERVIEW: Overview = {
  revision: 1,
  members: [],
  totals: { services: 1, exports: 1, imports: 2, conflicts: 0, attention: 2 },
  states: { NotReady: 1 },
  attention: ATTENTION,
};

function open(path: string, answers: Readonly<Record<string, () => Response>>) {
  vi.stubGlobal('fetch', async (url: string) => {
    const answer = answers[url.replace('/api/v1/', '')];
    return answer ? answer() : await new Promise<Response>(() => {});
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createConsoleRouter(client, createMemoryHistory({ initialEntries: [path] }));
  render(
    <ThemeProvider>
      <LocaleProvider>
        <QueryClientProvider client={client}>
          <SignedIn>
            <RouterProvider router={router} />
          </SignedIn>
        </QueryClientProvider>
      </LocaleProvider>
    </ThemeProvider>,
  );
}

const signedIn = { session: () => Response.json(SESSION), clusterset: () => Response.json(OVERVIEW) };

describe('the page', () => {
  beforeEach(() => {
    localStorage.clear();
    // The graph's canvas and the matrix measure themselves.
    vi.stubGlobal('scrollTo', () => {});
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
  });

  it('asks for a token in a field that hides it, and stores nothing', async () => {
    const problem = { code: 'CTM_CONSOLE_SESSION', message: 'sign in first', login: 'token' };
    open('/', { session: () => Response.json(problem, { status: 401 }) });
    const field = await screen.findByLabelText('Bearer token');
    expect(field.getAttribute('type')).toBe('password');
    expect(localStorage.length + sessionStorage.length).toBe(0);
  });

  it('says how to start a session if the address was used before', async () => {
    open('/', { session: () => Response.json({ code: 'X', message: 'm', login: 'code' }, { status: 401 }) });
    expect(await screen.findByText(/Open the address that the command printed/)).toBeTruthy();
  });

  it('shows text of other parties as text, with its invisible characters', async () => {
    open('/', signedIn);
    expect(await screen.findByText('shop/<img src=x onerror=alert(1)>')).toBeTruthy();
    expect(screen.getByText('safe\\u{202e}\\u{1b}[2Jtext')).toBeTruthy();
    expect(document.querySelector('img[src=x]')).toBeNull();
  });

  it('shows the same problem in several members once', async () => {
    open('/', signedIn);
    expect(await screen.findByText('osaka, sydney')).toBeTruthy();
  });

  it('offers no change if it is read-only', async () => {
    open('/', signedIn);
    await screen.findByText('Read-only');
    expect(screen.queryByText('Create')).toBeNull();
  });

  it('changes its language and remembers it', async () => {
    open('/', signedIn);
    fireEvent.click(await screen.findByText('中'));
    expect(await screen.findByRole('heading', { level: 1, name: '总览' })).toBeTruthy();
    expect(document.documentElement.lang).toBe('zh-Hans');
    expect(localStorage.getItem('catamaran.locale')).toBe('zh');
  });

  it('changes its theme by key', async () => {
    open('/', signedIn);
    await screen.findByRole('heading', { level: 1 });
    const before = document.documentElement.dataset.theme;
    fireEvent.keyDown(window, { key: 't' });
    await waitFor(() => expect(document.documentElement.dataset.theme).not.toBe(before));
  });

  it('goes to pages by two keys', async () => {
    open('/', signedIn);
    await screen.findByRole('heading', { level: 1, name: 'Overview' });
    fireEvent.keyDown(window, { key: 'g' });
    fireEvent.keyDown(window, { key: 'm' });
    expect(await screen.findByRole('heading', { level: 1, name: 'Members' })).toBeTruthy();
  });

  it('shows the error of a page, with its code', async () => {
    const problem = { code: 'CTM_CONSOLE_NOT_FOUND', message: 'member not found' };
    open('/members/nowhere', { ...signedIn, 'members/nowhere': () => Response.json(problem, { status: 404 }) });
    expect(await screen.findByText('member not found')).toBeTruthy();
    expect(screen.getByText('CTM_CONSOLE_NOT_FOUND')).toBeTruthy();
  });

  it('says so if a page does not exist', async () => {
    open('/nowhere', signedIn);
    expect(await screen.findByText('This page does not exist.')).toBeTruthy();
  });
});
