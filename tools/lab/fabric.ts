/** The DNS server that nodes ask for names outside their cluster. There are none: it says so, instead of no answer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBinary } from '../controlplane/binaries.ts';
import { FABRIC, FABRIC_ADDRESSES, inNamespace } from './layout.ts';
import { startProcess } from './processes.ts';

/** Starts it in the fabric, and writes the resolv.conf that names it. */
export async function startDns(labDir: string): Promise<void> {
  const corefile = join(labDir, 'Corefile');
  const [address] = FABRIC_ADDRESSES;
  writeFileSync(corefile, `.:53 {\n  bind ${address}\n  errors\n  template ANY ANY {\n    rcode NXDOMAIN\n  }\n}\n`);
  writeFileSync(join(labDir, 'resolv.conf'), `nameserver ${address}\n`);
  await startProcess(labDir, 'fabric.coredns', inNamespace(FABRIC, findBinary('coredns'), ['-conf', corefile]));
}
