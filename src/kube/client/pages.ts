/** Reads a list page by page, within a budget. Source: Kubernetes documentation, "Retrieving large results sets in chunks". */
import { listIn } from './answers.ts';
import { ApiError, transportError } from './api-errors.ts';
import { LongBody, OverBudget } from './budget.ts';
import type { ListPage } from './client.ts';
import type { Answer, ApiRequest } from './exchange.ts';

/** A page that is larger halves the next one, so that parsing a page does not hold up anything else for long. */
const PAGE_BYTES = 1024 * 1024;
/** A page over the limit of a body is requested again with this part of its objects. */
const SMALLER = 4;

export interface PagesOptions {
  /** The request of a page of `limit` objects, after the page that returned the token `next`. */
  readonly request: (limit: number, next: string | undefined) => ApiRequest;
  readonly ask: (request: ApiRequest) => Promise<Answer>;
  /** Objects in the first page. */
  readonly limit: number;
  /** Maximum number of pages. */
  readonly pages: number;
}

/** @throws ApiError, with code CTM_MEMBER_BUDGET for a list that does not end, or has an object that is too large. */
export async function* readPages(options: PagesOptions): AsyncGenerator<ListPage, void, undefined> {
  let { limit } = options;
  let next: string | undefined;
  for (let pages = 1; ; ) {
    const request = options.request(limit, next);
    const overBudget = (problem: string) => transportError(request.name, new OverBudget(problem));
    let answer: Answer;
    try {
      answer = await options.ask(request);
    } catch (error) {
      if (limit === 1 || !(error instanceof ApiError && error.cause instanceof LongBody)) throw error;
      limit = Math.ceil(limit / SMALLER);
      continue;
    }
    const { items, resourceVersion, next: token } = listIn(request.name, answer.json);
    yield { items, resourceVersion, bytes: answer.bytes };
    if (token === undefined || token === '') return;
    if (token === next) throw overBudget('the continue token does not change');
    if (++pages > options.pages) throw overBudget(`the list has more than ${options.pages} pages`);
    if (answer.bytes > PAGE_BYTES) limit = Math.ceil(limit / 2);
    next = token;
  }
}
