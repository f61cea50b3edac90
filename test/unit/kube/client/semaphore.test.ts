import { describe, expect, it } from 'vitest';
import { Slots } from '../../../../src/kube/client/semaphore.ts';
import { settle } from '../../../support/manual-clock.ts';

describe('Slots', () => {
  it('hands out no more than there are, in the order of asking', async () => {
    const slots = new Slots(2);
    const entered: string[] = [];
    const enter = (name: string) => slots.take().then(() => entered.push(name));
    void enter('a');
    void enter('b');
    void enter('c');
    void enter('d');
    await settle();
    expect(entered).toEqual(['a', 'b']);
    slots.give();
    await settle();
    expect(entered).toEqual(['a', 'b', 'c']);
    slots.give();
    await settle();
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets one who waits go away, and loses no slot by it', async () => {
    const slots = new Slots(1);
    await slots.take();
    const stop = new AbortController();
    const waiting = slots.take(stop.signal);
    stop.abort(new Error('no more interest'));
    await expect(waiting).rejects.toThrow('no more interest');
    slots.give();
    await slots.take();
  });

  it('gives nothing to one who was told to stop before', async () => {
    const slots = new Slots(1);
    await expect(slots.take(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    await slots.take();
  });
});
