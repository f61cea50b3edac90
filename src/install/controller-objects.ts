/** The controller, and the fleet file that it reads. */
import { FLEET_API_VERSION, FLEET_KIND } from '../config/schema.ts';
import { consoleArgs, consolePort } from './console-objects.ts';
import { CONTROLLER, deployment, HAS_CONSOLE, HAS_INVENTORIES, metadata } from './object-parts.ts';
import { each, type Part, scalarOf, structureOf, type TemplateObject, text, textOf } from './template.ts';

const DIRECTORY = '/etc/catamaran';
const FLEET_FILE = 'fleet.yaml';
const FLEET_CONFIG = 'catamaran-fleet';
export const CONTROLLER_PORT = 9470;
/** Read-only, for the user and the group of the pod. */
const FILE_MODE = 0o440;

export const fleetConfigMap: TemplateObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(FLEET_CONFIG),
  data: {
    [FLEET_FILE]: {
      expr: 'json',
      constants: { apiVersion: FLEET_API_VERSION, kind: FLEET_KIND },
      field: 'spec',
      path: 'Values.fleet',
    },
  },
};

const FLEET_CONFIG_NAME: Part = {
  condition: { is: 'Values.fleetConfigMap' },
  yes: [{ path: 'Values.fleetConfigMap' }],
  no: [FLEET_CONFIG],
};

export const controllerDeployment: TemplateObject = deployment({
  name: CONTROLLER,
  replicas: scalarOf('Values.controller.replicas'),
  priorityClassName: 'Values.priorityClassName',
  // The API of its own cluster is used for inventories, for users of the console, and if the cluster is a member.
  automountServiceAccountToken: {
    expr: 'holds',
    condition: { any: [{ is: 'Values.mode', equals: 'cluster' }, HAS_INVENTORIES, HAS_CONSOLE] },
  },
  container: {
    args: [
      'run',
      '--config',
      `${DIRECTORY}/${FLEET_FILE}`,
      '--listen',
      `[::]:${CONTROLLER_PORT}`,
      '--log-level',
      textOf('Values.controller.logLevel'),
      ...consoleArgs,
      each('Values.controller.extraArgs', textOf('item')),
    ],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
    ],
    ports: [{ name: 'http', containerPort: CONTROLLER_PORT }, consolePort],
    resources: structureOf('Values.controller.resources'),
    volumeMounts: [{ name: 'config', mountPath: DIRECTORY, readOnly: true }],
  },
  volumes: [
    {
      name: 'config',
      projected: {
        defaultMode: FILE_MODE,
        sources: [
          { configMap: { name: text(FLEET_CONFIG_NAME) } },
          // One that is missing costs one member, not the pod.
          each('Values.kubeconfigSecrets', {
            secret: {
              name: textOf('item.name'),
              optional: true,
              items: [{ key: textOf('item.key', 'kubeconfig'), path: text('kubeconfigs/', { path: 'item.name' }) }],
            },
          }),
        ],
      },
    },
  ],
});
