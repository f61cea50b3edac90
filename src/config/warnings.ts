/** What a valid configuration leaves open, and how to close it. */
import { quoted } from '../core/message.ts';
import { endpointNetworks, type FleetConfig, type MemberConfig } from './fleet-config.ts';

function warningOf(member: MemberConfig): string | undefined {
  const name = quoted(member.name);
  if (member.addresses === 'Any') {
    return `member ${name}: addresses: Any accepts every address that is not declared for another member; declare podCIDRs instead if you can`;
  }
  if (endpointNetworks(member).length > 0) return undefined;
  return `member ${name}: no podCIDRs; only addresses in networks that its nodes report are accepted, and its administrators control these`;
}

/** Warnings about the members, in the order of the file. */
export function warningsOf({ members }: FleetConfig): readonly string[] {
  return members.flatMap((member) => warningOf(member) ?? []);
}
