import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en.ts';
import { CATALOGUES, preferred } from '../src/i18n/locale.tsx';

describe('languages', () => {
  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['zh'], 'zh'],
    [['de-DE', 'en-GB'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('of %o: %s', (languages, locale) => {
    expect(preferred(languages)).toBe(locale);
  });

  it('translate every message', () => {
    const untranslated = Object.entries(en).filter(
      ([key, text]) =>
        typeof text === 'string' && Object.entries(CATALOGUES.zh).some(([k, other]) => k === key && other === text),
    );
    expect(untranslated).toEqual([]);
  });
});
