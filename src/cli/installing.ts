/** Shared by `install` and `uninstall`. */
import { InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { KubeClient } from '../kube/client/client.ts';

/** One DNS label. */
function parseNamespace(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('Allowed: up to 63 lower-case letters, digits and dashes, such as catamaran-system.');
}

export function namespaceOption(): Option {
  return new Option('-n, --namespace <name>', 'namespace of the pods')
    .argParser(parseNamespace)
    .default('catamaran-system');
}

const versionSchema = z.object({ major: z.string(), minor: z.string() });

/** Such as `1.34`. Some providers append to the minor version. */
export async function clusterVersion(client: KubeClient): Promise<string> {
  const { major, minor } = versionSchema.parse(await client.raw('/version'));
  return `${major}.${minor.replace(/\D+$/, '')}`;
}
