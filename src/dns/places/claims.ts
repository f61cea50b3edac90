/** An annotation that lists the zones added to an object, so that a user's own entries are never taken for them. */
import type { StringMap } from '../../api/meta.ts';

const CLAIMS = 'catamaran.dev/clusterset-zones';

export function claimsOf(annotations: StringMap | undefined): readonly string[] {
  return (annotations?.[CLAIMS] ?? '').split(',').filter((zone) => zone !== '');
}

/** The annotations with a zone added or removed. */
export function withClaim(annotations: StringMap | undefined, zone: string, claimed: boolean): StringMap {
  const { [CLAIMS]: _, ...others }: Record<string, string> = { ...annotations };
  const kept = claimsOf(annotations).filter((each) => each !== zone);
  const zones = claimed ? [...kept, zone] : kept;
  return zones.length > 0 ? { ...others, [CLAIMS]: zones.sort().join(',') } : others;
}
