/** The nodes' upstream DNS server, which returns NXDOMAIN for every name, since the lab has no outside. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../controlplane/binaries.ts';
import { FABRIC, FABRIC_ADDRESSES, inNamespace } from './layout.ts';
import { startProcess } from './processes.ts';

/** Starts it in the fabric, and writes a resolv.conf for it. */
export async function startDns(labDir: string): Promise<void> {
  const corefile = join(labDir, 'Corefile');
  const [address] = FABRIC_ADDRESSES;
  writeFileSync(corefile, `.:53 {\n  bind ${address}\n  errors\n  template ANY ANY {\n    rcode NXDOMAIN\n  }\n}\n`);
  writeFileSync(join(labDir, 'resolv.conf'), `nameserver ${address}\n`);
  await startProcess(labDir, 'fabric.coredns', inNamespace(FABRIC, findBinary('coredns'), ['-conf', corefile]));
}
