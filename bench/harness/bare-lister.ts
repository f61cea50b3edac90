/** The baseline of a restart: a process that lists and parses the same objects as the controller. */
import { z } from 'zod';
import { RESOURCES } from '../../src/api/resources.ts';
import { pathOf } from '../../src/kube/client/paths.ts';
import { openApi } from './api.ts';
import { RELAY_AGENT } from './names.ts';

const orderSchema = z.array(z.object({ server: z.string(), ca: z.string(), token: z.string() }));
/** The API servers to list. */
export type ListOrder = z.output<typeof orderSchema>;

const LISTED = [
  RESOURCES.namespaces,
  RESOURCES.services,
  RESOURCES.endpointSlices,
  RESOURCES.serviceExports,
  RESOURCES.serviceImports,
] as const;

process.once('disconnect', () => process.exit(0));
process.once('message', async (order) => {
  const apis = orderSchema.parse(order).map((access) => openApi(access, RELAY_AGENT, LISTED.length));
  await Promise.all(apis.flatMap((api) => LISTED.map((resource) => api.list(pathOf(resource, {})))));
  process.send?.('listed');
});
