import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../../src/kube/client/semaphore.ts';
import { settle } from '../../../support/manual-clock.ts';

describe('Semaphore', () => {
  it('hands out no more than there are, in the order of asking', async () => {
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

  it('lets one who waits go away, and loses no slot by it', async () => {
    const slots = new Semaphore(1);
    await slots.acquire();
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal);
    stop.abort(new Error('no more interest'));
    await expect(waiting).rejects.toThrow('no more interest');
    slots.release();
    await slots.acquire();
  });

  it('gives nothing to one who was told to stop before', async () => {
    const slots = new Semaphore(1);
    await expect(slots.acquire(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    await slots.acquire();
  });
});
