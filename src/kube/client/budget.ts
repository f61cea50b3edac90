/**
 * What one API server may cost this process, whatever it sends. The defaults are far above what an honest cluster of
 * Kubernetes' own limits needs (5,000 nodes, 150,000 pods), and bound what a hostile one can take. ADR 0011 has the
 * measurements.
 */
import { CatamaranError } from '../../runtime/errors.ts';

/** Limits of one response, or one line of a watch. */
export interface ResponseBudget {
  /** Of a body. etcd takes requests of at most 1.5 MiB by default, and pages of a list shrink to fit. */
  readonly bodyBytes: number;
  /** Of one line of a watch, which holds one object. */
  readonly lineBytes: number;
  /** Nested lists and objects. */
  readonly depth: number;
  /** Values in a large body or line: parsing takes longer the smaller they are. */
  readonly values: number;
  /** Informational (1xx) responses before the final one. */
  readonly informational: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_RESPONSE_BUDGET: ResponseBudget = {
  bodyBytes: 2 * MIB,
  lineBytes: 2 * MIB,
  depth: 200,
  values: 100_000,
  informational: 10,
};

/** Limits of all that is read of one resource. */
export interface ListBudget {
  /** Of all pages of a list, or of the initial state of a watch. */
  readonly listBytes: number;
  /** Objects in a list, kept or not. */
  readonly objects: number;
  readonly pages: number;
  /** Duration of a list, in milliseconds. */
  readonly listMs: number;
  /** What is kept in memory, as an estimate. */
  readonly keptBytes: number;
}

export const DEFAULT_LIST_BUDGET: ListBudget = {
  listBytes: 1_024 * MIB,
  objects: 500_000,
  pages: 5_000,
  listMs: 15 * 60_000,
  keptBytes: 4_096 * MIB,
};

/** An API server exceeds its budget. */
export class OverBudget extends CatamaranError {
  override readonly name = 'OverBudget';

  constructor(problem: string) {
    super('CTM_MEMBER_BUDGET', problem);
  }
}

/** A body is longer than its budget, or has more values; a page of a list may be requested again with a lower limit. */
export class LongBody extends OverBudget {}

/** Whether a request failed because of the budget. */
export function isOverBudget(error: unknown): error is CatamaranError {
  return error instanceof CatamaranError && error.code === 'CTM_MEMBER_BUDGET';
}
