import { expect, it } from 'vitest';
import { endpointText, parseEndpoint } from '../../../../src/inspect/verify/endpoint-text.ts';

it.each([
  ['http://amcs-web.shop:80', { host: 'amcs-web.shop', port: 80, http: true }],
  ['tcp://10.1.2.3:3306', { host: '10.1.2.3', port: 3306, http: false }],
  ['tcp://[fd00::1]:3306', { host: 'fd00::1', port: 3306, http: false }],
])('%s', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint);
  expect(endpointText(endpoint)).toBe(text);
});

it.each([
  '',
  'amcs-web.shop',
  'https://a:443',
  'http://a',
  'http://a:0',
  'tcp://a:70000',
  'tcp://[a]:1',
  'http://a:80/x',
])('%j is refused', (text) => expect(parseEndpoint(text)).toBeUndefined());
