import { expect, it } from 'vitest';
import { isAllowedHost } from '../../../../../src/server/console/http/guards.ts';

it.each([
  ['127.0.0.1:9480', true],
  ['localhost:9480', true],
  ['LOCALHOST', true],
  ['[::1]:9480', true],
  ['10.0.0.7:9480', true],
  ['console.example.org', true],
  ['Console.Example.Org:443', true],
  ['evil.example', false],
  ['evil.example:9480', false],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1:9480@evil.example', false],
  ['localhost:9480, evil.example', false],
  ['', false],
  [undefined, false],
])('host %j: %s', (host, allowed) => {
  expect(isAllowedHost(host, ['console.example.org'])).toBe(allowed);
});
