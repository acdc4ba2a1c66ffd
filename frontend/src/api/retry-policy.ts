import { isFault, Problem } from "./problem";

/** Milliseconds between two looks at the results, which the front door fetches once a second. */
const LIVE = 1_000;
/** The look that made the front door fetch them got the copy of before: the new one is there soon. */
const SOON = 300;
/**
 * How many looks in a row may hurry so: while the app is away, each brings the copy of before. After
 * them only one in so many does, since looks that keep step with the copies find old ones for ever.
 */
const HURRIED = 3;
/**
 * So many in a row are no coincidence: a copy lasts until its second is over, so that of two looks
 * that hurry one may come just after that, but not both.
 */
export const OUTDATED = 6;
/**
 * A closed poll can be reopened, and a ballot page only needs to learn that it was closed. Longer
 * than the front door hands out an outdated copy, so that a look always brings the state of now.
 */
const CALM = 7_000;
/** For charts, where a second moves nothing that an eye would see. */
const STEADY = 5_000;
const HIDDEN = 20_000;
/** How long the front door hands out a copy before it looks for another. */
export const COPY_IS_NEW = 1_100;
/** How old the copy can be that the front door hands out: one second, and five while it is renewed. */
const COPY_LASTS = 6_000;
/** A look that takes longer has met a network that neither answers nor fails. */
export const LONG_LOOK = 4_000;
/** Shorter than a look may take at all. */
const LONGEST_LOOK = 9_000;
/** Milliseconds that a trouble must last to be told: a look that is lost now and then is none. */
export const BRIEF = 2_000;
/** What is sent and not answered by then has met such a network, too. */
export const LONG_SEND = 2_500;
const FIRST_BACKOFF = 1_500;
/** For the first minutes; whoever is away for longer does not notice some seconds more. */
const LONG_BACKOFF = 5_000;
const HASTY = 40;
const LONGEST_BACKOFF = 15_000;
/** How many times what the server fails at is tried again. */
const SECOND_TRIES = 3;

/** How often to ask for results. */
export function pollingInterval(state: {
  visible: boolean;
  closed: boolean;
  watching: boolean;
  staleLooks: number;
}): number {
  if (!state.visible) return HIDDEN;
  if (state.closed) return CALM;
  if (state.staleLooks > 0 && (state.staleLooks < HURRIED || state.staleLooks % HURRIED === 0)) return SOON;
  return state.watching ? LIVE : CALM;
}

/** Something that was asked for, and when it came. */
interface Answered<T> {
  readonly data: T | undefined;
  readonly dataUpdatedAt: number;
}

/**
 * How a poll stands, by two that may disagree: the poll itself, which is always the state of when it
 * was asked for, and the results, which are asked for again and again, but may be a copy of before.
 */
export function newest<T>(poll: Answered<T> & { readonly data: T }, results: Answered<T>): T {
  const newer = results.dataUpdatedAt > poll.dataUpdatedAt + COPY_LASTS;
  return (newer ? results.data : undefined) ?? poll.data;
}

/**
 * How long a look may take before it is said that nothing comes: where all take long, each would be
 * told, and that it came after all, again and again.
 * @param took milliseconds that the last one took
 */
export function patienceAfter(took: number): number {
  return Math.min(Math.max(took + 1_000, LONG_LOOK), LONGEST_LOOK);
}

/** How often to ask for what moves slowly. */
export function steadyInterval(visible: boolean): number {
  return visible ? STEADY : HIDDEN;
}

/**
 * Whether to try again: what the server refuses stays refused, what is away comes back, and what
 * fails may be a mistake of the server's that stays.
 * @param faults how many tries the server failed at, this one included
 */
export function worthRetrying(error: Error, faults: number): boolean {
  if (isFault(error)) return faults <= SECOND_TRIES;
  return error instanceof Problem && error.away;
}

/**
 * How long to wait before the next try. Spread out at random, so that a room of phones does not
 * come back to a restarted server in the same instant.
 * @param failures how many tries failed before this one
 */
export function backoff(failures: number, error?: Error, random = Math.random()): number {
  const asked = error instanceof Problem ? Math.min(error.retryAfter, LONGEST_BACKOFF) : 0;
  const longest = failures < HASTY ? LONG_BACKOFF : LONGEST_BACKOFF;
  const doubled = Math.min(FIRST_BACKOFF * 2 ** failures, longest);
  return Math.max(asked, doubled * (0.5 + random / 2));
}

/** Does something again and again until it succeeds. Throws what is not worth another try. */
export async function insist<T>(work: () => Promise<T>): Promise<T> {
  let faults = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (thrown) {
      const error = thrown as Error;
      if (isFault(error)) faults += 1;
      if (!worthRetrying(error, faults)) throw error;
      await pause(backoff(failures, error));
    }
  }
}

/** Waits; less long where there may be a network again, or where someone looks again. */
export function pause(milliseconds: number): Promise<void> {
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
