/** `catamaran sandbox curl`: sends an HTTP request from a pod. */
import { Option } from 'commander';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { loadSandbox, remoteOf, type StateOptions, withStateDir } from '../local-sandbox.ts';
import { MAX_SECONDS, nonEmpty, parseSeconds } from '../values.ts';

interface CurlOptions extends StateOptions {
  readonly from: string;
  readonly namespace: string;
  readonly pod?: string;
  readonly include: boolean;
  readonly fail: boolean;
  /** Milliseconds. */
  readonly maxTime: number;
}

export const registerSandboxCurl: Register = (sandbox, context) => {
  withStateDir(
    sandbox
      .command('curl')
      .description('send an HTTP request from a pod of a cluster')
      .argument('<url>', 'HTTP URL', nonEmpty),
  )
    .requiredOption('--from <cluster>', 'cluster of the pod')
    .option('-n, --namespace <name>', 'namespace of the pod; first DNS search domain', 'default')
    .addOption(
      new Option('--pod <name>', 'existing pod to send from, or deployment/NAME; its dnsConfig applies').default(
        undefined,
        'a pod without dnsConfig',
      ),
    )
    .option('-i, --include', 'include response headers', false)
    .option('-f, --fail', 'exit with an error on status 400 and above', false)
    .addOption(
      new Option('-m, --max-time <seconds>', `time limit of the request, at most ${MAX_SECONDS}`)
        .argParser(parseSeconds)
        .default(30_000, '30'),
    )
    .addHelpText(
      'after',
      examples(
        'catamaran sandbox curl --from cluster2 http://web.default.svc.clusterset.local',
        'catamaran sandbox curl --from cluster2 -n consumer-ns --pod deployment/client-pod service1.provider-ns',
      ),
    )
    .action(async (url: string, options: CurlOptions) => {
      const { curl } = await loadSandbox();
      const { from, include, fail, maxTime, namespace, pod } = options;
      const request = { url, namespace, ...(pod !== undefined && { pod }), include, fail, timeoutMs: maxTime };
      await curl(await remoteOf(options), from, request, context);
    });
};
