/** The language of the page: that of the browser, unless the user has chosen one. */
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { recall, remember } from '../app/preferences.ts';
import { en, type Messages } from './en.ts';
import { zh } from './zh.ts';

export const LOCALES = ['en', 'zh'] as const;
export type Locale = (typeof LOCALES)[number];

export const CATALOGUES: Readonly<Record<Locale, Messages>> = { en, zh };

/** The first supported language of a list such as `navigator.languages`. */
export function preferred(languages: readonly string[]): Locale {
  for (const language of languages) {
    const found = LOCALES.find((locale) => language.toLowerCase().split('-')[0] === locale);
    if (found) return found;
  }
  return 'en';
}

interface LocaleContext {
  readonly locale: Locale;
  readonly t: Messages;
  readonly choose: (locale: Locale) => void;
}

const Context = createContext<LocaleContext>({ locale: 'en', t: en, choose: () => {} });

export function LocaleProvider({ children }: { readonly children: ReactNode }) {
  const [locale, setLocale] = useState<Locale>(() => recall('locale', LOCALES) ?? preferred(navigator.languages));
  useEffect(() => {
    document.documentElement.lang = locale === 'zh' ? 'zh-Hans' : 'en';
  }, [locale]);
  const value = useMemo(
    () => ({
      locale,
      t: CATALOGUES[locale],
      choose: (chosen: Locale) => {
        remember('locale', chosen);
        setLocale(chosen);
      },
    }),
    [locale],
  );
  return <Context value={value}>{children}</Context>;
}

export const useLocale = (): LocaleContext => use(Context);
export const useMessages = (): Messages => use(Context).t;
