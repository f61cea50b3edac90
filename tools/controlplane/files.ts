import { join } from 'node:path';

/** Files of one control plane, all in one directory. */
export interface PlaneFiles {
  readonly dir: string;
  readonly caFile: string;
  readonly kubeconfig: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly stages: string;
  kubeconfigOf(user: string): string;
}

export function filesOf(dir: string): PlaneFiles {
  return {
    dir,
    caFile: join(dir, 'ca.crt'),
    kubeconfig: join(dir, 'kubeconfig'),
    tokens: join(dir, 'tokens.csv'),
    serviceAccountKey: join(dir, 'service-account.key'),
    auditPolicy: join(dir, 'audit-policy.json'),
    auditLog: join(dir, 'audit.log'),
    stages: join(dir, 'stages.yaml'),
    kubeconfigOf: (user) => join(dir, `${user}.kubeconfig`),
  };
}
