import type { QueryClient } from '@tanstack/react-query';
import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from '@tanstack/react-router';
import { conflictsQuery, memberQuery, overviewQuery, rowsQuery, serviceQuery, writesQuery } from '../api/queries.ts';
import { ConflictsPage } from '../pages/conflicts.tsx';
import { MemberPage } from '../pages/member.tsx';
import { MembersPage } from '../pages/members.tsx';
import { NotFound } from '../pages/not-found.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { ServicePage } from '../pages/service.tsx';
import { ServicesPage } from '../pages/services.tsx';
import { WritesPage } from '../pages/writes.tsx';
import { Shell } from './shell.tsx';

/** A text of the query of a URL. Names such as `123` are parsed as numbers. */
const text = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** Only parameters that are set. */
const given = <K extends string>(search: Readonly<Record<string, unknown>>, ...names: readonly K[]) => {
  const found: Partial<Record<K, string>> = {};
  for (const name of names) {
    const value = text(search[name]);
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
};

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

/** Starts to read what a page needs, while its code is still on its way. */
function routesOf(client: QueryClient) {
  const at = <P extends string>(path: P) => ({ getParentRoute: () => rootRoute, path });
  return [
    createRoute({
      ...at('/'),
      component: OverviewPage,
      loader: () => void client.prefetchQuery(overviewQuery),
    }),
    createRoute({
      ...at('/services'),
      component: ServicesPage,
      validateSearch: (search: Record<string, unknown>) => given(search, 'q', 'state', 'member'),
      loader: () => void client.prefetchQuery(rowsQuery(client)),
    }),
    createRoute({
      ...at('/services/$namespace/$name'),
      component: ServicePage,
      validateSearch: (search: Record<string, unknown>) => given(search, 'consumer'),
      loader: ({ params: { namespace, name } }) => void client.prefetchQuery(serviceQuery(namespace, name)),
    }),
    createRoute({
      ...at('/create'),
      component: lazyRouteComponent(() => import('../pages/create.tsx'), 'CreatePage'),
      validateSearch: (search: Record<string, unknown>) =>
        given(search, 'provider', 'namespace', 'name', 'consumers', 'step'),
    }),
    createRoute({
      ...at('/members'),
      component: MembersPage,
      loader: () => void client.prefetchQuery(overviewQuery),
    }),
    createRoute({
      ...at('/members/$member'),
      component: MemberPage,
      loader: ({ params: { member } }) => void client.prefetchQuery(memberQuery(member)),
    }),
    createRoute({
      ...at('/conflicts'),
      component: ConflictsPage,
      loader: () => void client.prefetchQuery(conflictsQuery),
    }),
    createRoute({
      ...at('/topology'),
      component: lazyRouteComponent(() => import('../pages/topology.tsx'), 'TopologyPage'),
      validateSearch: (search: Record<string, unknown>) => given(search, 'member'),
    }),
    createRoute({
      ...at('/writes'),
      component: WritesPage,
      loader: () => void client.prefetchQuery(writesQuery),
    }),
  ] as const;
}

export function createConsoleRouter(client: QueryClient, history: RouterHistory = createBrowserHistory()) {
  return createRouter({
    routeTree: rootRoute.addChildren(routesOf(client)),
    history,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    // The pages scroll inside `main`.
    scrollToTopSelectors: ['main'],
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
