/** `group/plural`; the core group is empty. */
export type ResourceName = `${string}/${string}`;
