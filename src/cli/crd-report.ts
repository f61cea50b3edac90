/** The text of `crds diff` and `crds apply`. */
import type { CrdPlan } from '../kube/mcs/crd-install.ts';

const WORDS = { create: 'is missing', update: 'lacks', none: 'is up to date' } as const;

function lines({ name, action, owner, changes, kept }: CrdPlan): readonly string[] {
  return [
    `customresourcedefinition.apiextensions.k8s.io/${name} ${WORDS[action]}`,
    ...changes.map((change) => `  + ${change}`),
    ...kept.map((each) => `  = ${each} (kept)`),
    ...(owner === undefined ? [] : [`  installed by ${owner}`]),
  ];
}

export function crdReport(plans: readonly CrdPlan[]): string {
  return plans.flatMap((plan) => lines(plan).map((line) => `${line}\n`)).join('');
}
