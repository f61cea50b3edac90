/** The namespaces that a user may see. One object per user, so that what is made for it can be shared. */
export interface Scope {
  /** Every namespace, and details of the members. */
  readonly all: boolean;
  sees(namespace: string): boolean;
  /** Asks about namespaces that were not asked about; returns whether any of them is visible. Absent: all are known. */
  learn?(namespaces: Iterable<string>): Promise<boolean>;
}

export const EVERYTHING: Scope = { all: true, sees: () => true };
