/** cat, hostname, env and echo. */
import { ConfigurationError, filesOf } from '../../workloads/kubelet/configuration.ts';
import { dnsServer } from './lookup.ts';
import type { Execution, Program } from './program.ts';

export function hostnameOf({ pod }: Pick<Execution, 'pod'>): string {
  return pod.spec.hostname ?? pod.metadata.name;
}

/** The files that the kubelet writes. */
function ownFile(execution: Execution, path: string): string | undefined {
  const { client } = execution;
  const { searches, ndots } = client.resolving;
  const name = hostnameOf(execution);
  if (path === '/etc/resolv.conf') {
    return `search ${searches.join(' ')}\nnameserver ${dnsServer(client)}\noptions ndots:${ndots}\n`;
  }
  if (path === '/etc/hostname') return `${name}\n`;
  if (path !== '/etc/hosts') return undefined;
  return `# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n${client.addresses.map((ip) => `${ip}\t${name}\n`).join('')}`;
}

function mounted({ client, pod, container }: Execution, path: string): Buffer | undefined {
  try {
    return filesOf(client.view.objects, pod, container).get(path);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

export const cat: Program = async (execution, args) => {
  let exit = 0;
  for (const path of args) {
    const text = ownFile(execution, path) ?? mounted(execution, path)?.toString();
    if (text !== undefined) execution.stdout(text);
    else {
      execution.stderr(`cat: can't open '${path}': No such file or directory\n`);
      exit = 1;
    }
  }
  return exit;
};

export const hostname: Program = async (execution, [flag]) => {
  execution.stdout(`${flag === '-i' ? execution.client.addresses.join(' ') : hostnameOf(execution)}\n`);
  return 0;
};

export const env: Program = async ({ environment, stdout }) => {
  for (const [name, value] of environment) stdout(`${name}=${value}\n`);
  return 0;
};

export const echo: Program = async ({ stdout }, args) => {
  const bare = args[0] === '-n';
  stdout(`${args.slice(bare ? 1 : 0).join(' ')}${bare ? '' : '\n'}`);
  return 0;
};
