/** The console of the controller for browsers: how it is reached, and the rights that it needs. */
import { accountOf, CLUSTER_SCOPED, CONTROLLER, HAS_CONSOLE, metadata, roleRef, selectorOf } from './object-parts.ts';
import { CONSOLE_CHANGE_RULES, CONSOLE_REVIEW_RULES, type Rule } from './role-rules.ts';
import { each, scalarOf, type Template, type TemplateObject, text, when } from './template.ts';

const RBAC = 'rbac.authorization.k8s.io/v1';
const CONSOLE = `${CONTROLLER}-console`;
const PORT = { path: 'Values.console.port' } as const;

/** Options of `catamaran run`. */
export const consoleArgs: readonly Template[] = [
  when(HAS_CONSOLE, text('--console=[::]:', PORT)),
  when({ all: [HAS_CONSOLE, { is: 'Values.console.write' }] }, '--console-write'),
  when(HAS_CONSOLE, each('Values.console.hosts', text('--console-host=', { path: 'item' }))),
];

export const consolePort: Template = when(HAS_CONSOLE, { name: 'console', containerPort: scalarOf(PORT.path) });

export const consoleService: TemplateObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(CONSOLE),
  spec: {
    type: 'ClusterIP',
    selector: selectorOf(CONTROLLER),
    // Each pod has sessions of its own.
    sessionAffinity: 'ClientIP',
    ports: [{ name: 'http', protocol: 'TCP', port: scalarOf(PORT.path), targetPort: 'console' }],
  },
};

function granted(name: string, rules: readonly Rule[]): readonly TemplateObject[] {
  return [
    { apiVersion: RBAC, kind: 'ClusterRole', metadata: metadata(name, CLUSTER_SCOPED), rules },
    {
      apiVersion: RBAC,
      kind: 'ClusterRoleBinding',
      metadata: metadata(name, CLUSTER_SCOPED),
      roleRef: roleRef('ClusterRole', name),
      subjects: [accountOf(CONTROLLER)],
    },
  ];
}

/** In the cluster of the controller, which knows the users. */
export const consoleReviewRights = granted(`${CONSOLE}-reviews`, CONSOLE_REVIEW_RULES);
/** In a member, which users change. */
export const consoleChangeRights = granted(`${CONSOLE}-changes`, CONSOLE_CHANGE_RULES);
