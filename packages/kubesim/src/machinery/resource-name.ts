/** `group/plural`; the group of core is empty. */
export type ResourceName = `${string}/${string}`;
