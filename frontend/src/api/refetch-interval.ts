/** How often data is fetched again, and when it counts as old. All times are in milliseconds. */

/** For results on the screen: Nginx renews its cached copy once per second. */
const WATCHED = 1_000;
/** After a stale copy: that request made Nginx renew it, so the new one is available soon. */
const RENEWING = 300;
/**
 * How many stale answers in a row are followed by a fast refetch. During an outage every answer is
 * stale, so after these only one in as many is. Requests at the pace of the cache would always find
 * a stale copy.
 */
const MAX_FAST_REFETCHES = 3;
/**
 * So many stale answers in a row mean an outage: a copy expires at the end of its second, so of two
 * fast refetches one may arrive just after that, but not both.
 */
export const MAX_STALE_ANSWERS = 6;
/**
 * For a closed poll, which may be reopened, and for a ballot, which may be closed. Longer than
 * MAX_CACHE_AGE, so that every answer is new.
 */
const UNWATCHED = 7_000;
/** For charts, where one second makes no visible difference. */
const CHART = 5_000;
const HIDDEN = 20_000;
/** After this time Nginx has renewed its copy. */
export const CACHE_RENEWED_AFTER = 1_100;
/** The age of the oldest copy that Nginx serves: one second, and five more while it renews it. */
const MAX_CACHE_AGE = 6_000;
/** A query that takes longer is shown as slow. */
export const SLOW_QUERY = 4_000;
/** Less than the timeout of a request. */
const MAX_SLOW_QUERY = 9_000;
/** An outage that ends sooner is not shown: a single request may get lost. */
export const SHORT_OUTAGE = 2_000;
/** A mutation that takes longer is shown as slow. */
export const SLOW_SEND = 2_500;

/** How often to fetch results. */
export function resultsInterval(state: {
  visible: boolean;
  closed: boolean;
  watching: boolean;
  staleAnswers: number;
}): number {
  const { visible, closed, watching, staleAnswers } = state;
  if (!visible) return HIDDEN;
  if (closed) return UNWATCHED;
  const fast = staleAnswers < MAX_FAST_REFETCHES || staleAnswers % MAX_FAST_REFETCHES === 0;
  if (staleAnswers > 0 && fast) return RENEWING;
  return watching ? WATCHED : UNWATCHED;
}

/** How often to fetch the data of a chart. */
export function chartInterval(visible: boolean): number {
  return visible ? CHART : HIDDEN;
}

/** Data of a query, and when it arrived. */
interface Fetched<T> {
  readonly data: T | undefined;
  readonly dataUpdatedAt: number;
}

/**
 * The state of a poll, from two sources that may disagree: the poll itself, which is never cached,
 * and its results, which are fetched more often but may be a cached copy.
 */
export function newerState<T>(poll: Fetched<T> & { readonly data: T }, results: Fetched<T>): T {
  const newer = results.dataUpdatedAt > poll.dataUpdatedAt + MAX_CACHE_AGE;
  return (newer ? results.data : undefined) ?? poll.data;
}

/**
 * How long a query may take before it is shown as slow. On a slow network this grows, or the notice
 * would come and go with every query.
 * @param took how long the last query took
 */
export function slowAfter(took: number): number {
  return Math.min(Math.max(took + 1_000, SLOW_QUERY), MAX_SLOW_QUERY);
}
