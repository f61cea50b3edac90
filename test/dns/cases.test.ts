import { describe, expect, it } from 'vitest';
import { FLAG } from '../../src/dns/protocol.ts';
import { CASES } from './cases.ts';
import { caseObjects } from './objects.ts';
import { shown, sorted, World } from './world.ts';

describe('the zone answers', () => {
  const world = new World(caseObjects('shop'));

  it.each(CASES)('$ask', ({ ask, ours }) => {
    const message = world.ask(ask);
    expect(shown(message)).toEqual(sorted(ours));
    const negative = ours.answers.length === 0 && ours.rcode !== 'REFUSED';
    expect(message.authority.map(({ type, ttl, data }) => ({ type, ttl, data }))).toEqual(
      negative ? [{ type: 6, ttl: 5, data: expect.stringMatching(/^ns\.dns\.clusterset\.local\. .* 5$/) }] : [],
    );
    expect((message.flags & FLAG.AA) !== 0).toBe(ours.rcode !== 'REFUSED');
  });
});
