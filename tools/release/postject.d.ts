/** The part of postject that is used; it has no types of its own. */
declare module 'postject' {
  /** Puts a resource into an executable, in place. */
  export function inject(
    filename: string,
    resourceName: string,
    resourceData: Buffer,
    options: { readonly sentinelFuse: string },
  ): Promise<void>;
}
