/** What keeps requests from being answered, or will, as plain data: for the command line and the console. */
import type { MemberReport } from './member-report.ts';
import type { ServiceReport } from './service-report.ts';

/** One thing to look at. `namespace` and `name` are those of the Service; absent for a member. */
export interface Attention {
  readonly kind: 'member' | 'controller' | 'export' | 'import';
  readonly member: string;
  readonly namespace?: string;
  readonly name?: string;
  /** State of the member, of its writer, of the export or of the import. */
  readonly state: string;
  /** Reason of the condition that explains it. */
  readonly reason?: string;
  readonly message?: string;
}

export function memberAttention({ name: member, state, error, writer }: MemberReport): readonly Attention[] {
  if (state !== 'ready') return [{ kind: 'member', member, state, ...(error !== undefined && { message: error }) }];
  const about = { kind: 'controller', member, state: writer.state } as const;
  switch (writer.state) {
    case 'active':
      return [];
    case 'expired':
      return [{ ...about, message: `${writer.holder} last renewed its Lease at ${writer.renewedAt}` }];
    case 'none':
      return [{ ...about, message: 'its Lease has no holder' }];
    case 'unknown':
      return [{ ...about, message: writer.error }];
  }
}

export function serviceAttention({ namespace, name, exports, imports }: ServiceReport): readonly Attention[] {
  return [
    ...exports
      .filter(({ state, reason }) => state !== 'Exported' || reason !== undefined)
      .map((each) => ({ kind: 'export' as const, namespace, name, ...stateOf(each) })),
    ...imports
      .filter(({ state, reason }) => state !== 'Ready' || reason !== undefined)
      .map((each) => ({ kind: 'import' as const, namespace, name, ...stateOf(each) })),
  ];
}

type Found = Pick<Attention, 'member' | 'state' | 'reason' | 'message'>;

function stateOf({ member, state, reason, message }: Found): Found {
  return { member, state, ...(reason !== undefined && { reason }), ...(message !== undefined && { message }) };
}

/** One line about it. */
export function attentionText({ kind, member, namespace, name, state, reason, message }: Attention): string {
  switch (kind) {
    case 'member':
      return `member ${member} is ${state}${message === undefined ? '' : `: ${message}`}`;
    case 'controller':
      return state === 'unknown'
        ? `the Lease of member ${member} cannot be read: ${message}`
        : `no controller writes to member ${member}: ${message}`;
    case 'export':
    case 'import': {
      const because = reason === undefined ? '' : `: ${reason}${message === undefined ? '' : `: ${message}`}`;
      return `${kind} of ${namespace}/${name} in ${member} is ${state}${because}`;
    }
  }
}
