import { beforeEach, describe, expect, it } from 'vitest';
import { moveFocus, shortcuts } from '../src/keyboard/shortcuts.ts';

describe('keys', () => {
  let done: string[];
  let time: number;
  let press: (key: string, init?: KeyboardEventInit, target?: Element) => void;

  beforeEach(() => {
    done = [];
    time = 0;
    document.body.innerHTML = '<input id="field" /><main><a data-row href="#1">1</a><a data-row href="#2">2</a></main>';
    const note = (name: string) => () => void done.push(name);
    const handle = shortcuts(
      {
        go: (to) => void done.push(to),
        search: note('search'),
        move: (step) => void done.push(`move ${step}`),
        help: note('help'),
        theme: note('theme'),
        language: note('language'),
      },
      () => time,
    );
    document.body.addEventListener('keydown', handle);
    press = (key, init = {}, target = document.body) =>
      void target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...init }));
  });

  it('go to pages after g, for a while', () => {
    for (const key of ['g', 's', 'g', 'c', 'c', 'g', 'x']) press(key);
    expect(done).toEqual(['/services', '/conflicts', '/create']);
    press('g');
    time += 5_000;
    press('t');
    expect(done.at(-1)).toBe('theme');
  });

  it('belong to the field that has the focus, and to the browser with Ctrl', () => {
    const field = document.getElementById('field');
    press('/', {}, field ?? undefined);
    press('k', { ctrlKey: true });
    press('?', { metaKey: true });
    expect(done).toEqual([]);
    press('/');
    expect(done).toEqual(['search']);
  });

  it('move the focus between rows', () => {
    moveFocus(1);
    expect(document.activeElement?.textContent).toBe('1');
    moveFocus(1);
    moveFocus(1);
    expect(document.activeElement?.textContent).toBe('2');
    moveFocus(-1);
    expect(document.activeElement?.textContent).toBe('1');
  });
});
