/** Light or dark: as the system has it, unless the user has chosen. */
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { recall, remember } from './preferences.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

interface ThemeContext {
  readonly theme: Theme;
  /** What is shown. */
  readonly shown: 'light' | 'dark';
  readonly choose: (theme: Theme) => void;
}

const Context = createContext<ThemeContext>({ theme: 'system', shown: 'light', choose: () => {} });

const darkQuery = () => matchMedia('(prefers-color-scheme: dark)');

export function ThemeProvider({ children }: { readonly children: ReactNode }) {
  const [theme, setTheme] = useState<Theme>(() => recall('theme', THEMES) ?? 'system');
  const [systemIsDark, setSystemIsDark] = useState(() => darkQuery().matches);
  useEffect(() => {
    const query = darkQuery();
    const changed = () => setSystemIsDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  const shown = theme === 'system' ? (systemIsDark ? 'dark' : 'light') : theme;
  useEffect(() => {
    document.documentElement.dataset.theme = shown;
  }, [shown]);
  const value = useMemo(
    () => ({
      theme,
      shown,
      choose: (chosen: Theme) => {
        remember('theme', chosen);
        setTheme(chosen);
      },
    }),
    [theme, shown],
  );
  return <Context value={value}>{children}</Context>;
}

export const useTheme = (): ThemeContext => use(Context);
