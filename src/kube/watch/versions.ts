/**
 * Orders two resourceVersions of one resource, which are monotonically increasing integers
 * (Kubernetes API concepts, "Resource versions"; comparable by contract since 1.35).
 */
export function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
