import { expect, it } from 'vitest';
import type { Connection } from '../../../../src/dns/server/tcp-connection.ts';
import { Turns } from '../../../../src/dns/server/tcp-turns.ts';

/** A connection with that many queries; the order in which all are answered is recorded. */
function asking(network: string, queries: number, order: string[]): Connection {
  let left = queries;
  const connection: Pick<Connection, 'network' | 'answer'> = {
    network,
    answer: (count) => {
      const answered = Math.min(count, left);
      order.push(...Array<string>(answered).fill(network));
      left -= answered;
      return left > 0;
    },
  };
  return connection as Connection; // its socket is not used
}

it('a network with many connections gets one share, in turns between which the event loop runs', async () => {
  const turns = new Turns();
  const order: string[] = [];
  for (let i = 0; i < 8; i++) turns.add(asking('greedy', 1_000, order));
  turns.add(asking('good', 16, order));
  const perTurn: number[] = [];
  while (order.filter((network) => network === 'good').length < 16) {
    const before = order.length;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    perTurn.push(order.length - before);
  }
  expect(order.lastIndexOf('good')).toBeLessThan(40);
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(32);
});
