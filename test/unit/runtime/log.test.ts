import { describe, expect, it } from 'vitest';
import { CatamaranError } from '../../../src/runtime/errors.ts';
import { createLog, type LogOptions } from '../../../src/runtime/log.ts';
import type { Logger } from '../../../src/runtime/logger.ts';

/** Lines logged by `use`. */
function lines(use: (log: Logger) => void, options: Partial<LogOptions> = {}): string[] {
  const written: string[] = [];
  const destination = { write: (line: string) => void written.push(line) };
  use(createLog({ level: 'info', format: 'json', colors: false, destination, ...options }));
  return written;
}

describe('the log', () => {
  it('is one JSON object per line, with level, time and message', () => {
    const [line, ...more] = lines((log) => log.child({ member: 'a' }).warn({ key: 'ns/name' }, 'slow'));
    expect(more).toEqual([]);
    expect(line).toMatch(/\}\n$/);
    expect(JSON.parse(line ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      member: 'a',
      key: 'ns/name',
      msg: 'slow',
    });
  });

  it('omits messages below its level', () => {
    const written = lines(
      (log) => {
        log.info({}, 'no');
        log.error({}, 'yes');
      },
      { level: 'warn' },
    );
    expect(written.map((line) => JSON.parse(line).msg)).toEqual(['yes']);
  });

  it('contains code and message of an error, and stacks only at debug', () => {
    const error = new CatamaranError('CTM_CREDENTIALS', 'bad', { cause: new TypeError('worse') });
    const logged = { type: 'CatamaranError', code: 'CTM_CREDENTIALS', message: 'bad' };
    const [line] = lines((log) => log.error({ error }, 'failed'));
    expect(JSON.parse(line ?? '').error).toEqual(logged);
    const [long] = lines((log) => log.error({ error }, 'failed'), { level: 'debug' });
    expect(JSON.parse(long ?? '').error).toEqual({
      ...logged,
      stack: expect.stringContaining('caused by: TypeError: worse'),
    });
  });

  it('leaves out properties that libraries attach to errors', () => {
    const error = Object.assign(new Error('bad'), { request: { headers: ['authorization', 'hunter2'] } });
    expect(lines((log) => log.error({ err: error }, 'failed')).join()).not.toContain('hunter2');
  });

  it('has each key once', () => {
    const [line] = lines((log) =>
      log.child({ member: 'a', key: 'x' }).child({ member: 'b' }).warn({ key: 'y' }, 'slow'),
    );
    expect(line?.match(/"(member|key)":/g)).toEqual(['"member":', '"key":']);
    expect(JSON.parse(line ?? '')).toMatchObject({ member: 'b', key: 'y' });
  });

  it.each([
    [{ token: 'hunter2' }],
    [{ headers: { authorization: 'hunter2' } }],
    [{ request: { headers: { Authorization: 'Basic hunter2' } } }],
    [{ user: { password: 'hunter2' } }],
    [{ identity: { certificate: { clientKeyData: 'hunter2' } } }],
    [{ note: 'sent Bearer hunter2' }],
    [{ error: new Error('refused: Bearer hunter2') }],
    [{ jwt: 'eyJhbGciOiJIUzI1NiJ9.hunter2.hunter2' }],
    [{ pem: '-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----' }],
  ])('redacts the secret in %j', (fields) => {
    for (const format of ['json', 'text'] as const) {
      const [line] = lines((log) => log.info(fields, 'call'), { format });
      expect(line).toContain('[redacted]');
      expect(line).not.toContain('hunter2');
    }
  });

  it('is text on request, with colors on request', () => {
    const use = (log: Logger) => log.warn({ member: 'a', note: 'two words', count: 2 }, 'slow');
    expect(lines(use, { format: 'text' })).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}slow member=a note="two words" count=2\n$/),
    ]);
    expect(lines(use, { format: 'text', colors: true })[0]).toContain('\u001b[33mWARN \u001b[0m');
  });
});
