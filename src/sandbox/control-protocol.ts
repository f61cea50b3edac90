/** Protocol between commands and the process that runs the sandbox: JSON over HTTP on a Unix socket. */
import { z } from 'zod';

export const ACTIONS = ['partition', 'heal', 'stop', 'start', 'slow'] as const;

/** Body of `POST /clusters/NAME`. */
export const actionSchema = z.object({
  action: z.enum(ACTIONS),
  /** For `slow`: delay of responses to the controller in milliseconds; 0 removes it. */
  ms: z.number().min(0).max(60_000).optional(),
});

export type ActionRequest = Readonly<z.infer<typeof actionSchema>>;

export const faultSchema = z.object({
  /** Nothing passes between the controller and the API server. */
  partitioned: z.boolean(),
  /** The API server accepts no connections. */
  stopped: z.boolean(),
  slowMs: z.number(),
});

/** A member as reported by the controller's /readyz. */
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
  /** State reported by the controller; absent while it does not respond. */
  member: memberSchema.optional(),
  services: z.number(),
  pods: z.number(),
  /** Ready endpoints of the cluster's own and of imported Services. */
  endpoints: z.object({ own: z.number(), imported: z.number() }),
});

const controllerSchema = z.object({
  url: z.string(),
  /** Process started by the sandbox. */
  pid: z.number(),
  /** How that process ended; absent while it is running. The sandbox does not restart it. */
  ended: z.string().optional(),
  /** Command to start another one. */
  command: z.string(),
  /** Address of its console, which works once. */
  console: z.string().optional(),
  /** Readiness reported by any controller at this URL; absent if there is no response. */
  ready: z.boolean().optional(),
});

/** Response to `GET /status`. */
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

/** Response to a failed request. */
export const problemSchema = z.object({ code: z.string(), message: z.string() });

/** Body of `POST /clusters/NAME/request`: a request to send from a pod. */
export const requestSchema = z.object({
  url: z.string().min(1),
  namespace: z.string().min(1),
  /** Pod name, or `deployment/NAME` for a pod of that Deployment. */
  pod: z.string().min(1).optional(),
});

export type RequestBody = Readonly<z.infer<typeof requestSchema>>;

/** Response to it; `code` is the exit code of curl. */
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

/** Body of `POST /clusters/NAME/dns`, and the response: a message in DNS wire format, as base64. */
export const packetSchema = z.object({ packet: z.base64() });

/** Response to `GET /clusters/NAME/deployments/NAMESPACE/DEPLOYMENT/pod`. */
export const podSchema = z.object({ name: z.string() });

/** All problems of a value in one line. */
export function problemsOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ');
}
