import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { LocaleProvider } from '../i18n/locale.tsx';
import { createConsoleRouter } from './router.tsx';
import { SignedIn } from './sign-in.tsx';
import { ThemeProvider } from './theme.tsx';

export function createClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // The stream of changes says what is out of date.
      queries: { staleTime: Number.POSITIVE_INFINITY, retry: false, refetchOnWindowFocus: false, refetchOnMount: true },
    },
  });
}

export function App() {
  const [client] = useState(createClient);
  const [router] = useState(() => createConsoleRouter(client));
  return (
    <ThemeProvider>
      <LocaleProvider>
        <QueryClientProvider client={client}>
          <SignedIn>
            <RouterProvider router={router} />
          </SignedIn>
        </QueryClientProvider>
      </LocaleProvider>
    </ThemeProvider>
  );
}
