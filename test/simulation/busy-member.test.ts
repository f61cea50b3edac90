/** Much at once in one member: what does not belong to it must not wait. */
import { expect, it } from 'vitest';
import { namespaceObject } from './program.ts';
import { addressesFrom, namespace, offer, open, SLICES } from './two-clusters.ts';
import { CLEAR } from './weather.ts';

const SECOND = 1_000;

it('the Lease and the heartbeat of a member 300 ms away are unaffected by many new exports', async () => {
  const { time, clusters, link, trace } = await open();
  const [source] = clusters;
  link(0).set({ ...CLEAR, latencyMs: 300, promptEvents: true });
  await time.pass(10 * SECOND);
  // The other member does not have the namespace, so that there is nothing to import.
  source.api.create('/namespaces', namespaceObject('bulk'));
  trace.length = 0;
  const began = time.now();
  for (let index = 0; index < 600; index++) offer(source, `web-${index}`, 80, 'bulk');
  await time.pass(15 * SECOND);
  expect(trace.filter((line) => /lease (lost|renewed late)|failed to acquire|unreachable/.test(line))).toEqual([]);
  const renewals = trace
    .filter((line) => line.includes(`${source.name} PATCH`) && line.includes('/leases/'))
    .map((line) => Number(line.split(' ')[0]));
  const ends = [...renewals, time.now()];
  const gaps = ends.map((at, index) => at - (ends[index - 1] ?? began));
  expect(Math.max(...gaps)).toBeLessThan(4 * SECOND);
}, 120_000);

it('writes that hang in one namespace do not hold up the others, however many there are', async () => {
  const { time, clusters, link } = await open();
  const [source, consumer] = clusters;
  offer(source, 'web');
  await time.pass(10 * SECOND);
  for (const { api } of clusters) api.create('/namespaces', namespaceObject('stuck'));
  link(1).set({ ...CLEAR, hangingWrites: ['stuck'] });
  for (let index = 0; index < 60; index++) offer(source, `web-${index}`, 80, 'stuck');
  await time.pass(30 * SECOND);
  for (let round = 2; round < 6; round++) {
    const address = `10.1.1.${round}`;
    const slice = source.api.get(SLICES, { namespace, name: 'web-0' });
    source.api.update(SLICES, { ...slice, endpoints: [{ addresses: [address], conditions: { ready: true } }] });
    await time.pass(1 * SECOND);
    expect(addressesFrom(source, consumer)).toEqual([address]);
    await time.pass(9 * SECOND);
  }
  link(1).set(CLEAR);
  await time.pass(120 * SECOND);
  expect(consumer.api.list(SLICES, { namespace: 'stuck' })).toHaveLength(60);
}, 60_000);
