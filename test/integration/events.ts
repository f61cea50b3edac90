/** Events as kubectl shows them. */
import type { Cluster } from './cluster.ts';

/** An Event, as far as tests look at it. */
export interface SeenEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** Events of one object, the oldest first. */
export async function eventsOf(cluster: Cluster, ns: string, kind: string, name: string): Promise<SeenEvent[]> {
  const selector = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const path = '{range .items[*]}{.type}{"\\t"}{.reason}{"\\t"}{.message}{"\\n"}{end}';
  const printed = await cluster.kubectl(
    ...['get', 'events', '-n', ns, `--field-selector=${selector}`, '--sort-by=.eventTime', `-o=jsonpath=${path}`],
  );
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [type = '', reason = '', ...message] = line.split('\t');
      return { type, reason, message: message.join('\t') };
    });
}
