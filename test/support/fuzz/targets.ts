/** The targets of `make fuzz`. A parser of input of others gets one here. */
import { dnsTarget } from './dns-target.ts';
import type { FuzzTarget } from './fuzz.ts';
import { objectsTarget } from './objects-target.ts';
import { corefileTarget, fleetTarget, kubeconfigTarget, linesTarget, selectorTarget } from './text-targets.ts';

interface Row {
  readonly open: () => FuzzTarget;
  /** Inputs in `make test`: 100,000, or as many as take two seconds of one core. */
  readonly count: number;
}

export const TARGETS = {
  dns: { open: dnsTarget, count: 200_000 },
  kubeconfig: { open: kubeconfigTarget, count: 4_000 },
  fleet: { open: fleetTarget, count: 2_000 },
  corefile: { open: corefileTarget, count: 100_000 },
  selector: { open: selectorTarget, count: 100_000 },
  lines: { open: linesTarget, count: 100_000 },
  objects: { open: objectsTarget, count: 4_000 },
} as const satisfies Record<string, Row>;

export type TargetName = keyof typeof TARGETS;

export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name);
}
