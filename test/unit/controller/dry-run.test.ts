import { expect, it } from 'vitest';
import { parseFleet } from '../../../src/config/parse.ts';
import { dryRun } from '../../../src/controller/dry-run.ts';
import type { KubeClient, RequestOptions } from '../../../src/kube/client/client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { silent } from '../../support/silent-log.ts';

const CONFIG = parseFleet(
  '{ apiVersion: catamaran.dev/v1alpha1, kind: Fleet, spec: { members: [{ name: cluster1 }] } }',
  { file: '/fleet.yaml' },
);

/** A member whose API server accepts requests and never responds. */
function partitioned(): KubeClient {
  const never = ({ signal }: RequestOptions = {}) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  const client: Partial<KubeClient> = {
    cluster: 'cluster1',
    get: (_resource, _object, options) => never(options),
    raw: (_path, options) => never(options),
    close: async () => {},
  };
  return client as KubeClient; // a dry run calls nothing else
}

it('a dry run ends within a time limit if a member never responds, and names it', async () => {
  const clock = new ManualClock();
  const options = { connect: async () => partitioned(), clock, random: () => 0, logger: silent };
  const dry = dryRun(CONFIG, options, new AbortController().signal);
  await clock.advance(11_000);
  await expect(dry).resolves.toEqual({
    result: [],
    unlisted: [
      {
        code: 'CTM_MEMBER_UNLISTED',
        message: 'member "cluster1" could not be listed: no complete response within 10 s',
      },
    ],
  });
});

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
  const options = {
    connect: async () => client as KubeClient, // a dry run calls nothing else
    clock: systemClock,
    random: () => 0,
    logger: silent,
  };
  await expect(dryRun(CONFIG, options, stop.signal)).rejects.toThrow('stopped by the user');
  expect(closed).toBe(true);
});
