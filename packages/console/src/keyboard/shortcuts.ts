/** Keys of the whole page. They do nothing while a field has the focus, except Escape. */

export const GO = {
  o: '/',
  s: '/services',
  m: '/members',
  c: '/conflicts',
  t: '/topology',
  w: '/writes',
} as const;

export type Place = (typeof GO)[keyof typeof GO];

export interface Actions {
  readonly go: (to: Place | '/create') => void;
  readonly search: () => void;
  readonly move: (step: 1 | -1) => void;
  readonly help: () => void;
  readonly theme: () => void;
  readonly language: () => void;
}

/** Time for the second key, after `g`. */
const SEQUENCE_MS = 1_200;

const isField = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'));

const isPlace = (key: string): key is keyof typeof GO => key in GO;

/** Handles keys; `now` in ms. */
export function shortcuts(actions: Actions, now: () => number): (event: KeyboardEvent) => void {
  let goUntil = 0;
  return (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isField(event.target)) {
      if (event.key === 'Escape' && event.target instanceof HTMLElement) {
        // A search field would be emptied.
        event.preventDefault();
        event.target.blur();
      }
      return;
    }
    // A dialog has its own keys.
    if (document.querySelector('dialog[open]')) return;
    const run = handlerOf(event.key);
    if (!run) return;
    event.preventDefault();
    run();
  };

  function handlerOf(key: string): (() => void) | undefined {
    if (now() < goUntil) {
      goUntil = 0;
      return isPlace(key) ? () => actions.go(GO[key]) : undefined;
    }
    switch (key) {
      case 'g':
        return () => {
          goUntil = now() + SEQUENCE_MS;
        };
      case '/':
        return actions.search;
      case 'j':
        return () => actions.move(1);
      case 'k':
        return () => actions.move(-1);
      case 'c':
        return () => actions.go('/create');
      case '?':
        return actions.help;
      case 't':
        return actions.theme;
      case 'l':
        return actions.language;
    }
    return undefined;
  }
}

/** Moves the focus between the rows of a page, marked with `data-row`. */
export function moveFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const current = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const next = current < 0 ? (step === 1 ? 0 : rows.length - 1) : current + step;
  rows[next]?.focus();
  rows[next]?.scrollIntoView({ block: 'nearest' });
}
