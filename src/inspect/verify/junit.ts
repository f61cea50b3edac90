/** A verification as JUnit XML, which CI systems show: one suite per consumer, one case per request. */
import { escaped } from '../markup.ts';
import { endpointText } from './endpoint-text.ts';
import type { Check, Verification } from './verification.ts';

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

function caseXml(check: Check): string {
  const exporter = check.exporter === undefined ? '' : ` in ${check.exporter}`;
  const name = `${check.namespace}/${check.service} ${endpointText(check)}${exporter}`;
  const start = `    <testcase classname="${escaped(check.consumer)}" name="${escaped(name)}"`;
  if (check.reached) return `${start} time="${seconds(check.latencyMs)}"/>\n`;
  return `${start}>\n      <failure message="${escaped(check.error)}"/>\n    </testcase>\n`;
}

export function junitXml({ checks, failures }: Verification): string {
  const consumers = new Set([...checks, ...failures].map(({ consumer }) => consumer));
  const suites = [...consumers].map((consumer) => {
    const own = checks.filter((check) => check.consumer === consumer);
    const errors = failures.filter((failure) => failure.consumer === consumer);
    const cases = [
      ...own.map(caseXml),
      ...errors.map(
        ({ error }) =>
          `    <testcase classname="${escaped(consumer)}" name="send requests">\n      <error message="${escaped(error)}"/>\n    </testcase>\n`,
      ),
    ];
    const failed = own.filter(({ reached }) => !reached).length;
    return `  <testsuite name="${escaped(consumer)}" tests="${cases.length}" failures="${failed}" errors="${errors.length}">\n${cases.join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="catamaran verify">\n${suites.join('')}</testsuites>\n`;
}
