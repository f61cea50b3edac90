/** What the hostile member does; the order is that of the table. */
export const MISDEEDS = {
  changes: 'changes 500 exported slices 10,000 times per second',
  shared: 'changes its slice of the honest name 10,000 times per second',
  exports: 'creates and deletes 500 exports 2,000 times per second',
  noise: 'sends 10,000 events per second that are of no interest',
  bulk: 'fills what is kept of its slices to the limit',
  expired: 'ends every watch with 410, so that everything is listed again',
  lines: 'sends lines without an end',
  depth: 'sends objects 100,000 lists deep',
  tokens: 'sends lists without an end',
  informational: 'sends 1xx responses without an end',
} as const;

export type MisdeedName = keyof typeof MISDEEDS;
