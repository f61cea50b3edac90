import { expect, it } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { dryRun } from '../../../src/controller/dry-run.ts';
import type { KubeClient, RequestOptions } from '../../../src/kube/client/client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silent } from '../../support/silent-log.ts';

it('a dry run that is stopped rejects instead of planning from incomplete data', async () => {
  const stop = new AbortController();
  let closed = false;
  const never = ({ signal }: RequestOptions = {}) =>
    new Promise<never>((_, reject) => {
      stop.abort(new Error('stopped by the user'));
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const client: Partial<KubeClient> = {
    cluster: 'cluster1',
    get: (_resource, _object, options) => never(options),
    raw: (_path, options) => never(options),
    close: async () => {
      closed = true;
    },
  };
  const config = parseFleet(
    '{ apiVersion: catamaran.dev/v1alpha1, kind: Fleet, spec: { members: [{ name: cluster1 }] } }',
    {
      file: '/fleet.yaml',
    },
  );
  const options = {
    connect: async () => client as KubeClient, // a dry run calls nothing else
    clock: systemClock,
    random: () => 0,
    logger: silent,
  };
  await expect(dryRun(config, options, stop.signal)).rejects.toThrow('stopped by the user');
  expect(closed).toBe(true);
});
