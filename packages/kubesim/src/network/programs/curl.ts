/** curl and wget, as far as scripts that check a Service use them. Source: curl(1); BusyBox, wget. */
import { STATUS_CODES } from 'node:http';
import type { HttpRequest } from '../network.ts';
import { makeRequest } from '../request.ts';
import { type OptionRule, parseOptions } from './options.ts';
import type { Program } from './program.ts';

const RULES: readonly OptionRule[] = [
  { names: ['-s', '--silent'] },
  { names: ['-S', '--show-error'] },
  { names: ['-f', '--fail'] },
  { names: ['-i', '--include'] },
  { names: ['-I', '--head'] },
  { names: ['-v', '--verbose'] },
  { names: ['-k', '--insecure'] },
  { names: ['-L', '--location'] },
  { names: ['-4', '--ipv4'] },
  { names: ['--http1.1'] },
  { names: ['-o', '--output'], value: true },
  { names: ['-w', '--write-out'], value: true },
  { names: ['-m', '--max-time'], value: true },
  { names: ['--connect-timeout'], value: true },
  { names: ['--retry'], value: true },
  { names: ['-H', '--header'], value: true },
  { names: ['-X', '--request'], value: true },
  { names: ['-d', '--data'], value: true },
  { names: ['-A', '--user-agent'], value: true },
];

const HTTP_ERROR = 22;
const USAGE = 2;

/** Variables of -w, and its escapes. */
function written(format: string, status: number, size: number): string {
  return format
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/%\{(http_code|response_code)\}/g, String(status).padStart(3, '0'))
    .replace(/%\{size_download\}/g, String(size))
    .replace(/%\{[a-z_]+\}/g, '0');
}

export const curl: Program = async ({ fabric, client, stdout, stderr }, args) => {
  const { given, all, operands, unknown } = parseOptions(args, RULES);
  const fail = (code: number, message: string): number => {
    if (!given.has('-s') || given.has('-S')) stderr(`${message}\n`);
    return code;
  };
  if (unknown !== undefined) {
    stderr(`curl: option ${unknown}: is unknown\n`);
    return USAGE;
  }
  if (operands.length === 0) {
    stderr('curl: (2) no URL specified\n');
    return USAGE;
  }
  const data = given.get('-d');
  const request: Omit<HttpRequest, 'url'> = {
    method: given.get('-X') ?? (given.has('-I') ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
    headers: Object.fromEntries(
      [...(all.get('-H') ?? []), ...(given.has('-A') ? [`user-agent: ${given.get('-A')}`] : [])].map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name.trim().toLowerCase(), value.join(':').trim()];
      }),
    ),
    ...(data !== undefined && { body: data }),
  };
  let exit = 0;
  for (const url of operands) {
    const result = await makeRequest(fabric, client, { ...request, url });
    if (!result.ok) {
      exit = fail(result.code, result.message);
      if (given.has('-w')) stdout(written(given.get('-w') ?? '', 0, 0));
      continue;
    }
    const { status, headers, body } = result;
    if (given.has('-f') && status >= 400) {
      exit = fail(HTTP_ERROR, `curl: (${HTTP_ERROR}) The requested URL returned error: ${status}`);
      continue;
    }
    if (given.has('-i') || given.has('-I')) {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\n`);
      stdout(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\n${lines.join('')}\n`);
    }
    if (!given.has('-o')) stdout(body);
    if (given.has('-w')) stdout(written(given.get('-w') ?? '', status, Buffer.byteLength(body)));
  }
  return exit;
};

const WGET_RULES: readonly OptionRule[] = [
  { names: ['-q', '--quiet'] },
  { names: ['--spider'] },
  { names: ['-S', '--server-response'] },
  { names: ['-O', '--output-document'], value: true },
  { names: ['-T', '--timeout'], value: true },
  { names: ['-t', '--tries'], value: true },
];

export const wget: Program = async ({ fabric, client, stdout, stderr }, args) => {
  const { given, operands, unknown } = parseOptions(args, WGET_RULES);
  const [url] = operands;
  if (unknown !== undefined || url === undefined) {
    stderr(unknown === undefined ? 'wget: missing URL\n' : `wget: unrecognized option: ${unknown}\n`);
    return 1;
  }
  const host = url.replace(/^http:\/\//, '').split(/[/:]/)[0] ?? '';
  const result = await makeRequest(fabric, client, { url });
  if (!result.ok) {
    const reasons: Readonly<Record<number, string>> = {
      6: `bad address '${host}'`,
      7: "can't connect to remote host: Connection refused",
      28: 'download timed out',
    };
    stderr(`wget: ${reasons[result.code] ?? result.message}\n`);
    return 1;
  }
  const { status, body } = result;
  if (status >= 400) {
    stderr(`wget: server returned error: HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\n`);
    return 1;
  }
  const output = given.get('-O');
  if (given.has('--spider')) {
    if (!given.has('-q')) stderr('remote file exists\n');
  } else if (output === '-') stdout(body);
  else if (!given.has('-q')) stderr(`saving to '${output ?? 'index.html'}': pods keep no files\n`);
  return 0;
};
