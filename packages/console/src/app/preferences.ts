/** Choices that the browser remembers. Storage may be unavailable: then they last as long as the page. */
type Preference = 'locale' | 'theme';

const keyOf = (preference: Preference) => `catamaran.${preference}`;

export function recall<T extends string>(preference: Preference, allowed: readonly T[]): T | undefined {
  try {
    const stored = localStorage.getItem(keyOf(preference));
    return allowed.find((value) => value === stored);
  } catch {
    return undefined;
  }
}

export function remember(preference: Preference, value: string): void {
  try {
    localStorage.setItem(keyOf(preference), value);
  } catch {
    // Nothing depends on it.
  }
}
