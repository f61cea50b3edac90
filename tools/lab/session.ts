/** Use of a running lab: entering its network, and commands for users. */
import { spawn } from 'node:child_process';
import { existsSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shown } from '../paths.ts';
import { FABRIC, inNamespace, LAB_DIR } from './layout.ts';

const FABRIC_FILE = `/run/netns/${FABRIC}`;

/** Whether this process is in the fabric's network. */
export function isInFabric(): boolean {
  if (!existsSync(FABRIC_FILE)) return false;
  return readlinkSync('/proc/self/ns/net') === `net:[${statSync(FABRIC_FILE).ino}]`;
}

/** Runs a program in the fabric's network, in place of this one. @throws an Error if no lab is running. */
export async function enterFabric(command: string, args: readonly string[]): Promise<number> {
  if (!existsSync(FABRIC_FILE)) throw new Error('no lab is running; start one with `make lab`');
  const child = spawn(...inNamespace(FABRIC, command, args), { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; the child decides when to exit.
  for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', reject);
  });
}

/** Commands for users, when the controller and the examples run in the lab. */
export function nextStepsInLab(controllerUrl: string): string {
  const kubectl = shown(join(LAB_DIR, 'kubectl'));
  return `
Next steps, with ${kubectl}, which runs kubectl in the lab's network; the clusters are reachable only from there:
  alias k=${join(LAB_DIR, 'kubectl')}
A Service of cluster1, from a pod in cluster2:
  k --context cluster2 -n consumer-ns exec deploy/client-pod -- curl -sS amcs-service1.provider-ns.svc.cluster.local
  k --context cluster1 -n provider-ns scale deployment web-demo --replicas 5
One pod of a headless Service of cluster1:
  k --context cluster2 exec mysql-client -- mysql -h mysql-0.amcs-mysql.provider-ns.svc.cluster.local -P3306 -uroot -ppassword -e 'select @@hostname'
clusterset.local, with the multicluster option of CoreDNS:
  k --context cluster2 patch clusterrole system:coredns --type=json -p='[{"op":"add","path":"/rules/-","value":{"apiGroups":["multicluster.x-k8s.io"],"resources":["serviceimports"],"verbs":["list","watch"]}}]'
  k --context cluster2 -n kube-system get configmap coredns -o yaml | sed -E 's/^( *)kubernetes cluster.local (.*)\\{$/\\1kubernetes cluster.local clusterset.local \\2{\\n\\1   multicluster clusterset.local/' | k --context cluster2 replace -f -
  k --context cluster2 -n kube-system rollout restart deployment/coredns
  k --context cluster2 exec deployment/x-wing -- curl -sS rebel-base.default.svc.clusterset.local
The controller's metrics:
  nsenter --net=${FABRIC_FILE} curl -sS ${controllerUrl}/metrics`;
}
