/** What commands and the process that runs the sandbox say to each other: JSON over HTTP on a Unix socket. */
import { z } from 'zod';

/** What a command can do to a cluster. */
export const ACTIONS = ['partition', 'heal', 'stop', 'start', 'slow'] as const;

/** Body of `POST /clusters/NAME`. */
export const actionSchema = z.object({
  action: z.enum(ACTIONS),
  /** With `slow`: milliseconds that answers to the controller are late; 0 ends it. */
  ms: z.number().min(0).max(60_000).optional(),
});

export type ActionRequest = Readonly<z.infer<typeof actionSchema>>;

/** The faults of a cluster. */
export const faultSchema = z.object({
  /** Nothing passes between the controller and the API server. */
  partitioned: z.boolean(),
  /** Nobody reaches the API server. */
  stopped: z.boolean(),
  slowMs: z.number(),
});

/** A member as the controller's /readyz has it, and /readyz itself. */
const memberSchema = z.object({
  name: z.string(),
  state: z.string(),
  writer: z.boolean(),
  exports: z.number(),
  imports: z.number(),
  since: z.string().optional(),
  error: z.string().optional(),
});

export const readyzSchema = z.object({ ready: z.boolean(), members: z.array(memberSchema) });

const clusterSchema = z.object({
  name: z.string(),
  context: z.string(),
  api: z.string(),
  proxy: z.string(),
  fault: faultSchema,
  /** What the controller says of the cluster; absent while it does not answer. */
  member: memberSchema.optional(),
  services: z.number(),
  pods: z.number(),
  /** Ready endpoints of the cluster's own Services, and of those that are imported. */
  endpoints: z.object({ own: z.number(), imported: z.number() }),
});

const controllerSchema = z.object({
  url: z.string(),
  /** Process that the sandbox started. */
  pid: z.number(),
  /** How that process ended; absent while it runs. The sandbox does not start it again. */
  ended: z.string().optional(),
  /** Command that starts another one. */
  command: z.string(),
  /** What /readyz says, of whatever process answers there; absent where none does. */
  ready: z.boolean().optional(),
});

/** Answer of `GET /status`. */
export const statusSchema = z.object({
  pid: z.number(),
  stateDir: z.string(),
  kubeconfig: z.string(),
  controller: controllerSchema,
  clusters: z.array(clusterSchema),
});

export type SandboxStatus = Readonly<z.infer<typeof statusSchema>>;
export type ClusterStatus = SandboxStatus['clusters'][number];
export type Readyz = Readonly<z.infer<typeof readyzSchema>>;

/** Answer where something is wrong. */
export const problemSchema = z.object({ code: z.string(), message: z.string() });

/** Body of `POST /clusters/NAME/request`: a request by a pod of a cluster. */
export const requestSchema = z.object({
  url: z.string().min(1),
  namespace: z.string().min(1),
  /** A pod, or `deployment/NAME` for one of a Deployment. */
  pod: z.string().min(1).optional(),
});

export type RequestBody = Readonly<z.infer<typeof requestSchema>>;

/** Its answer; `code` is curl's exit code. */
export const resultSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  z.object({ ok: z.literal(false), code: z.number(), message: z.string() }),
]);

export type RequestResult = Readonly<z.infer<typeof resultSchema>>;

/** Answer of `GET /clusters/NAME/deployments/NAMESPACE/DEPLOYMENT/pod`. */
export const podSchema = z.object({ name: z.string() });

/** What is wrong with a value, in one line. */
export function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ');
}
