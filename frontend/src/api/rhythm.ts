import { Problem } from "./problem";

/** Milliseconds between two looks at the results. */
const LIVE = 1_500;
/** A closed poll can be reopened, and a ballot page only needs to learn that it was closed. */
const CALM = 6_000;
const HIDDEN = 20_000;
const LONGEST_BACKOFF = 15_000;

/** How often to ask for results. */
export function pollingInterval(state: {
  visible: boolean;
  closed: boolean;
  watching: boolean;
}): number {
  if (!state.visible) return HIDDEN;
  return state.watching && !state.closed ? LIVE : CALM;
}

/** Whether to try again: what the server refuses stays refused, what is away may come back. */
export function worthRetrying(error: Error): boolean {
  return error instanceof Problem && error.passing;
}

/**
 * How long to wait before the next try. Spread out at random, so that a room of phones does not
 * come back to a restarted server in the same instant.
 * @param failures how many tries failed before this one
 */
export function backoff(failures: number, error: Error, random = Math.random()): number {
  const asked = error instanceof Problem ? error.retryAfter : 0;
  const doubled = Math.min(LIVE * 2 ** failures, LONGEST_BACKOFF);
  return Math.max(asked, doubled * (0.5 + random / 2));
}
