/** Images that cannot be pulled: those with the name or tag `missing`, since no registry is asked about any. */
import type { Container, Pod } from '../kinds.ts';

type Reasons = (container: string) => { readonly reason: string; readonly message?: string };

function isMissing({ image = '' }: Container): boolean {
  return /(?:^|\/|:)missing(?:$|:|@)/.test(image);
}

/** The reasons of the containers of a pod to wait; undefined if all images can be pulled. */
export function missingImage({ spec }: Pod): Reasons | undefined {
  const missing = new Map(spec.containers.filter(isMissing).map(({ name, image }) => [name, image]));
  if (missing.size === 0) return undefined;
  return (container) =>
    missing.has(container)
      ? { reason: 'ImagePullBackOff', message: `Back-off pulling image "${missing.get(container)}"` }
      : { reason: 'ContainerCreating' };
}
