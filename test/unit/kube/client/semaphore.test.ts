import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../../src/kube/client/semaphore.ts';
import { settle } from '../../../support/manual-clock.ts';

describe('Semaphore', () => {
  it('grants no more permits than it has, first come, first served', async () => {
    const slots = new Semaphore(2);
    const entered: string[] = [];
    const enter = (name: string) => slots.acquire().then(() => entered.push(name));
    void enter('a');
    void enter('b');
    void enter('c');
    void enter('d');
    await settle();
    expect(entered).toEqual(['a', 'b']);
    slots.release();
    await settle();
    expect(entered).toEqual(['a', 'b', 'c']);
    slots.release();
    await settle();
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('loses no permit to an aborted waiter', async () => {
    const slots = new Semaphore(1);
    await slots.acquire();
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal);
    stop.abort(new Error('no more interest'));
    await expect(waiting).rejects.toThrow('no more interest');
    slots.release();
    await slots.acquire();
  });

  it('rejects a caller whose signal has already aborted', async () => {
    const slots = new Semaphore(1);
    await expect(slots.acquire(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    await slots.acquire();
  });
});
