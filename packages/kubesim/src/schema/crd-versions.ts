/**
 * Order of versions: GA before beta before alpha, newer before older, other names last. Source: Kubernetes
 * documentation, CRD versioning, "Version priority".
 */

const VERSION = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/;
const STAGES: readonly (string | undefined)[] = ['alpha', 'beta', undefined];

/** Compares version names for sorting, preferred versions first. */
export function byPriority(a: string, b: string): number {
  const left = VERSION.exec(a);
  const right = VERSION.exec(b);
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  return (
    STAGES.indexOf(right[2]) - STAGES.indexOf(left[2]) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}
