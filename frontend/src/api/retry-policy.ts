/** When a request that failed is sent again. All times are in milliseconds. */
import { isFault, Problem } from "./problem";

const INITIAL_BACKOFF = 1_500;
/** The longest delay of the early retries, which cover the first minutes of an outage. */
const EARLY_MAX_BACKOFF = 5_000;
const EARLY_RETRIES = 40;
const MAX_BACKOFF = 15_000;
/** How often a request is retried that the server itself fails at. */
const MAX_FAULT_RETRIES = 3;

/**
 * Whether to retry: a refusal is final, an outage ends, and a fault may be a bug that stays.
 * @param faults how many attempts the server failed at, including this one
 */
export function shouldRetry(error: Error, faults: number): boolean {
  if (isFault(error)) return faults <= MAX_FAULT_RETRIES;
  return error instanceof Problem && error.away;
}

/**
 * The delay before the next attempt, with jitter, so that a room of phones does not hit a restarted
 * server at the same instant.
 * @param failures how many attempts failed before this one
 */
export function backoffDelay(failures: number, error?: Error, random = Math.random()): number {
  const asked = error instanceof Problem ? Math.min(error.retryAfter, MAX_BACKOFF) : 0;
  const longest = failures < EARLY_RETRIES ? EARLY_MAX_BACKOFF : MAX_BACKOFF;
  const doubled = Math.min(INITIAL_BACKOFF * 2 ** failures, longest);
  return Math.max(asked, doubled * (0.5 + random / 2));
}

/** Repeats the work until it succeeds. Throws an error that is not worth a retry. */
export async function retryUntilDone<T>(work: () => Promise<T>): Promise<T> {
  let faults = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (thrown) {
      const error = thrown as Error;
      if (isFault(error)) faults += 1;
      if (!shouldRetry(error, faults)) throw error;
      await waitBeforeRetry(backoffDelay(failures, error));
    }
  }
}

/** Waits; ends early when the network returns or the user looks at the page again. */
export function waitBeforeRetry(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = () => {
      clearTimeout(timer);
      over.abort();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    for (const event of ["online", "focus", "visibilitychange"]) {
      addEventListener(event, end, { signal: over.signal });
    }
  });
}
