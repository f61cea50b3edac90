import { expect, it } from 'vitest';
import { junitXml } from '../../../../src/inspect/verify/junit.ts';

it('one suite per consumer; text of others is escaped', () => {
  const target = { namespace: 'shop', service: 'web', port: 80, http: true };
  const xml = junitXml({
    checks: [
      { consumer: 'a', ...target, kind: 'derived', host: 'amcs-web.shop', reached: true, latencyMs: 12, status: 200 },
      {
        consumer: 'a',
        ...target,
        kind: 'endpoint',
        exporter: 'b',
        host: '10.2.0.1',
        reached: false,
        error: '<"&\u001b',
      },
    ],
    failures: [{ consumer: 'c', error: 'no pods' }],
  });
  expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="catamaran verify">
  <testsuite name="a" tests="2" failures="1" errors="0">
    <testcase classname="a" name="shop/web http://amcs-web.shop:80" time="0.012"/>
    <testcase classname="a" name="shop/web http://10.2.0.1:80 in b">
      <failure message="&lt;&quot;&amp;\\u{1b}"/>
    </testcase>
  </testsuite>
  <testsuite name="c" tests="1" failures="0" errors="1">
    <testcase classname="c" name="send requests">
      <error message="no pods"/>
    </testcase>
  </testsuite>
</testsuites>
`);
});
