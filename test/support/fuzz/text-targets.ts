/** Texts: files of the fleet and of kubeconfigs, Corefiles, label selectors, and the lines of a watch. */
import { labelSelector, StatusError } from 'kubesim/internal';
import { parseJson } from '../../../src/api/json.ts';
import { parseFleet } from '../../../src/config/parse.ts';
import { FleetConfigError } from '../../../src/config/problems.ts';
import { parseCorefile } from '../../../src/dns/coredns/corefile.ts';
import { addZone, removeZone } from '../../../src/dns/coredns/corefile-edit.ts';
import { inspectZone } from '../../../src/dns/coredns/zone-state.ts';
import { jsonLines } from '../../../src/kube/client/lines.ts';
import { loadKubeconfig } from '../../../src/kube/kubeconfig/kubeconfig.ts';
import { CatamaranError, type ErrorCode } from '../../../src/runtime/errors.ts';
import { KUBEADM_COREFILE } from '../dns/coredns-objects.ts';
import { kubeconfig } from '../kubeconfigs.ts';
import { type FuzzTarget, mutated } from './fuzz.ts';

const buffers = (texts: readonly string[]) => texts.map((text) => Buffer.from(text));

function textTarget(
  [first, ...seeds]: readonly [string, ...string[]],
  pieces: readonly string[],
  check: (text: string) => void | Promise<void>,
): FuzzTarget {
  return mutated([Buffer.from(first), ...buffers(seeds)], buffers(pieces), (bytes) => check(bytes.toString('utf8')));
}

function expectCode(error: unknown, codes: readonly ErrorCode[]): void {
  if (!(error instanceof CatamaranError) || !codes.includes(error.code)) throw error;
}

const YAML = [
  ': ',
  '\n',
  '  ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '&a ',
  '*a',
  '"',
  "'",
  '|\n',
  '? ',
  '<<: ',
  '!!str ',
  '#',
  '---\n',
];

const FLEET = `apiVersion: catamaran.dev/v1alpha1
kind: Fleet
metadata: { name: fleet }
spec:
  import: { mode: Automatic }
  unreachableAfter: 15s
  lease: { duration: 15s, renewDeadline: 10s }
  namespaces: [{ name: shop, import: { mode: Manual } }]
  members:
    - { name: a, context: a, podCIDRs: [10.1.0.0/16, "fd01::/48"], serviceCIDRs: [10.96.0.0/16] }
    - { name: b, kubeconfig: b.yaml, nodeCIDRs: [192.168.0.0/24], import: { mode: Manual } }
`;

/** fleet.yaml: a configuration, or problems with a place. */
export function fleetTarget(): FuzzTarget {
  const pieces = [...YAML, 'members', '::/0', '0.0.0.0/1', '1h', 'never', '\u001b'];
  return textTarget([FLEET], pieces, (text) => {
    try {
      parseFleet(text, { file: '/fleet.yaml' });
    } catch (error) {
      if (!(error instanceof FleetConfigError)) throw error;
      if (error.problems.some(({ line, column }) => line < 1 || column < 1)) throw error;
    }
  });
}

const SECRET = 'CANARY4f1d';

/** Stored kubeconfigs: access, or an error that has no secret in it. */
export function kubeconfigTarget(): FuzzTarget {
  const cluster = { server: 'https://203.0.113.7:6443' };
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', env: [{ name: 'A', value: SECRET }] };
  const seeds = [{ token: SECRET }, { 'client-key-data': SECRET }, { exec }].map((user) => kubeconfig(cluster, user));
  const pieces = [...YAML, 'exec', 'tokenFile', 'localhost', '127.1', 'insecure-skip-tls-verify', 'proxy-url'];
  return textTarget([kubeconfig(cluster), ...seeds], pieces, async (text) => {
    try {
      await loadKubeconfig({ files: ['/k'], trust: 'stored', readFile: async () => text });
    } catch (error) {
      expectCode(error, ['CTM_KUBECONFIG_INVALID', 'CTM_KUBECONFIG_REFUSED']);
      if (String(error).includes(SECRET)) throw error;
    }
  });
}

/** Corefiles: a zone that is added can be found and removed again, or the file is an error. */
export function corefileTarget(): FuzzTarget {
  const zone = 'clusterset.local';
  const pieces = [
    '{\n',
    '}\n',
    '{',
    '}',
    '\n',
    '#',
    '"',
    'kubernetes ',
    'import x\n',
    `${zone} `,
    'multicluster ',
    '.:53 ',
  ];
  return textTarget([KUBEADM_COREFILE], pieces, (text) => {
    try {
      parseCorefile(text);
      inspectZone(text, zone);
      const added = addZone(text, { mode: 'stub', zone, forward: '10.96.0.53' });
      parseCorefile(added);
      parseCorefile(removeZone(added, zone));
    } catch (error) {
      expectCode(error, ['CTM_COREFILE']);
    }
  });
}

/** Label selectors of kubesim: a predicate, undefined, or a 400. */
export function selectorTarget(): FuzzTarget {
  const seeds = ['a=b,c!=d,e in (f,g),h notin (i),j,!k', 'kubernetes.io/service-name=web', 'a in (),b==c'] as const;
  const pieces = [',', '=', '!=', '==', ' in (', ')', ' notin (', '!', '/', ' ', '>', '<1'];
  return textTarget([...seeds], pieces, (text) => {
    try {
      labelSelector(text)?.({ a: 'b', 'kubernetes.io/service-name': 'web' });
    } catch (error) {
      if (!(error instanceof StatusError) || error.code !== 400) throw error;
    }
  });
}

/** What a parser that sees the whole text at once yields before the first line that is not JSON. */
function linesOf(bytes: Buffer): readonly unknown[] {
  const values: unknown[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); start < bytes.length; end = bytes.indexOf(10, start)) {
    const line = bytes
      .subarray(start, end === -1 ? bytes.length : end)
      .toString('utf8')
      .replace(/\r$/, '');
    start = end === -1 ? bytes.length : end + 1;
    try {
      if (line !== '') values.push(parseJson(line));
    } catch {
      return values;
    }
  }
  return values;
}

/** The lines of a watch in chunks of any size: the values of the whole text, up to the first line that is not JSON. */
export function linesTarget(): FuzzTarget {
  const event = '{"type":"ADDED","object":{"metadata":{"name":"é🛶"},"spec":{"a":[1,2]}}}\n';
  const pieces = buffers(['\n', '{', '}', '[', '"', '\\', '\r\n', 'null', '1e999']);
  return mutated([Buffer.from(event.repeat(3)), Buffer.from('{}')], pieces, async (bytes) => {
    const seen: unknown[] = [];
    const size = 1 + (bytes.length % 7);
    const chunks = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    try {
      for await (const { json } of jsonLines(chunks())) seen.push(json);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    if (JSON.stringify(seen) !== JSON.stringify(linesOf(bytes)))
      throw new Error(`other values: ${JSON.stringify(seen)}`);
  });
}
