/** The first page of a bundle. */

import { type ClustersetReport, problemsOf } from '../clusterset-report.ts';
import { escaped } from '../markup.ts';

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: 'th' | 'td') =>
    `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>\n`;
  return `<table>\n${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>\n`;
}

const STYLE =
  'body{font:15px system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;margin:1rem 0}th,td{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}';

/** `files` are the paths in the bundle. */
export function summaryPage(
  report: ClustersetReport,
  files: readonly string[],
  version: string,
  takenAt: string,
): string {
  const problems = problemsOf(report).map((problem) => `<li>${escaped(problem)}</li>\n`);
  const members = report.members.map(({ name, state, error = '', writer, exports, imports }) => [
    name,
    state,
    error,
    writer.state === 'active' || writer.state === 'expired' ? `${writer.holder} (${writer.state})` : writer.state,
    `${exports}`,
    `${imports}`,
  ]);
  const names = (rows: readonly { readonly member: string }[]) => rows.map(({ member }) => member).join(', ');
  const services = report.services.map((each) => [
    `${each.namespace}/${each.name}`,
    each.state,
    names(each.exports),
    names(each.imports),
  ]);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Catamaran ${escaped(version)}</title><style>${STYLE}</style></head><body>
<h1>Catamaran ${escaped(version)}</h1>
<p>Taken at ${escaped(takenAt)}. Secrets are not read; values of labels and annotations of users are omitted.</p>
<h2>Problems</h2>
${problems.length === 0 ? '<p>None found.</p>' : `<ul>\n${problems.join('')}</ul>`}
<h2>Members</h2>
${tableHtml(['Member', 'State', 'Error', 'Controller', 'Exports', 'Imports'], members)}
<h2>Services</h2>
${tableHtml(['Service', 'State', 'Exported by', 'Imported by'], services)}
<h2>Files</h2>
<ul>
${files.map((file) => `<li><a href="${escaped(file)}">${escaped(file)}</a></li>\n`).join('')}</ul>
</body></html>
`;
}
