/** Lines from a client: with a terminal, keys are echoed, and can be erased. */
import type { ProcessStreams } from '../../apiserver/streams/process-streams.ts';

const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE = new Set(['\u007f', '\b']);

/** Lines of stdin; the last one may lack its end. */
export async function* linesOf({ stdin, tty, stdout }: ProcessStreams): AsyncGenerator<string, void, undefined> {
  let line = '';
  for await (const chunk of stdin) {
    for (const key of chunk.toString('utf8')) {
      if (key === '\n' || (tty && key === '\r')) {
        if (tty) stdout('\n');
        yield line;
        line = '';
      } else if (tty && key === END && line === '') {
        stdout('\n');
        return;
      } else if (tty && key === INTERRUPT) {
        stdout('^C\n');
        line = '';
        yield '';
      } else if (tty && ERASE.has(key)) {
        if (line !== '') stdout('\b \b');
        line = line.slice(0, -1);
      } else {
        if (tty) stdout(key);
        line += key;
      }
    }
  }
  if (line !== '') yield line;
}
