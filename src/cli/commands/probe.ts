/** `catamaran probe`: sends requests from where it runs, such as the pods of `catamaran verify`. */
import { InvalidArgumentError, Option } from 'commander';
import { type Endpoint, sendMeasured } from '../../inspect/verify/answer.ts';
import { parseEndpoint } from '../../inspect/verify/endpoint-text.ts';
import { sendAll } from '../../inspect/verify/send-all.ts';
import { systemClock } from '../../runtime/clock.ts';
import { visibleJson } from '../../runtime/visible.ts';
import type { Register } from '../context.ts';
import { examples } from '../help.ts';
import { MAX_SECONDS, parseSeconds } from '../values.ts';

/** Appends a parsed argument to those before it. */
function collected(text: string, before: readonly Endpoint[] = []): readonly Endpoint[] {
  const endpoint = parseEndpoint(text);
  if (endpoint) return [...before, endpoint];
  throw new InvalidArgumentError(
    'Allowed: http://HOST:PORT and tcp://HOST:PORT, such as http://amcs-service1.provider-ns:80.',
  );
}

export const registerProbe: Register = (program, context) => {
  program
    .command('probe')
    .description('send one request to each endpoint, and print an answer for each as a line of JSON')
    .argument('<endpoint...>', 'http://HOST:PORT, or tcp://HOST:PORT to connect only', collected)
    .addOption(
      new Option('--timeout <seconds>', `time limit of each request, at most ${MAX_SECONDS}`)
        .argParser(parseSeconds)
        .default(5_000, '5'),
    )
    .addHelpText('after', examples('catamaran probe http://amcs-service1.provider-ns:80 tcp://10.1.2.3:3306'))
    .action(async (endpoints: readonly Endpoint[], { timeout }: { readonly timeout: number }) => {
      const { signal, stdout } = context;
      const answers = await sendAll(endpoints, (endpoint) =>
        sendMeasured(endpoint, { clock: systemClock, monotonic: () => performance.now(), timeoutMs: timeout, signal }),
      );
      for (const answer of answers) stdout.write(visibleJson(`${JSON.stringify(answer)}\n`));
    });
};
