/** Shared by `console` and `run --console`. */
import packageJson from '../../../package.json' with { type: 'json' };
import type { Fleet } from '../../fleet/fleet.ts';
import type { FleetOptions } from '../../fleet/fleet-options.ts';
import { type Address, hostPort } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Pace } from '../../runtime/pace.ts';
import { type Console, createConsole } from '../../server/console/console-app.ts';
import type { WriteSource } from '../../server/console/console-options.ts';
import { type ConsoleServer, openConsoleServer } from '../../server/console/console-server.ts';
import type { Accounts } from '../../server/console/sessions/accounts.ts';
import type { CliContext } from '../context.ts';
import { pageFiles } from './page-files.ts';
import { sandboxRequester } from './sandbox-requester.ts';

export interface ServeOptions {
  readonly fleet: Fleet;
  readonly accounts: Accounts;
  readonly hosts: readonly string[];
  readonly write: boolean;
  readonly writes?: WriteSource;
  /** State directory of the sandbox that sends requests. */
  readonly sandbox: string | undefined;
  readonly logger: Logger;
  readonly pace: Pace;
}

const NO_REQUESTS =
  'real requests are sent in a sandbox only; in a cluster: kubectl run request --rm -i --restart=Never --image=IMAGE -- curl URL';

function consoleOf({ sandbox, ...options }: ServeOptions, context: CliContext): Console {
  return createConsole({
    ...options,
    ...(sandbox !== undefined && {
      requester: sandboxRequester(sandbox, () => options.fleet.config, systemClock),
    }),
    noRequester: NO_REQUESTS,
    files: pageFiles(context),
    version: packageJson.version,
    clock: systemClock,
  });
}

/** A console that a fleet can notify before it exists. */
export class ConsoleSlot implements Pick<FleetOptions, 'changed' | 'memberChanged'> {
  #console: Console | undefined;

  readonly changed: FleetOptions['changed'] = (_, change) => this.#console?.changed(change);
  readonly memberChanged: FleetOptions['memberChanged'] = ({ name }) => this.#console?.memberChanged(name);

  /** @throws CTM_LISTEN if the address is not available. */
  async serve(options: ServeOptions, address: Address, option: string, context: CliContext): Promise<ConsoleServer> {
    const served = consoleOf(options, context);
    const server = await openConsoleServer(served, address, systemClock, option);
    this.#console = served;
    return server;
  }
}

export function consoleUrl({ address }: ConsoleServer, code?: string): string {
  // Browsers reach this machine by its loopback address, whichever it listens on.
  const host = address.host === '0.0.0.0' || address.host === '::' ? '127.0.0.1' : address.host;
  const root = `http://${hostPort({ ...address, host })}/`;
  return code === undefined ? root : `${root}?code=${code}`;
}
