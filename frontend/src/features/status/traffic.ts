import type { Traffic } from "./status";

export interface Bar {
  /** Milliseconds since 1970, as `end`. */
  readonly start: number;
  readonly end: number;
  readonly requests: number;
  readonly errors: number;
}

/** The traffic of a stretch of time. */
export interface Sum {
  readonly requests: number;
  readonly errors: number;
  /** Requests a second. */
  readonly rate: number;
}

export function bars({ bucket_seconds, buckets }: Traffic): Bar[] {
  return buckets.map(({ start, requests, errors }) => {
    const at = Date.parse(start);
    return { start: at, end: at + bucket_seconds * 1000, requests, errors };
  });
}

export function sum(some: readonly Bar[]): Sum {
  const requests = some.reduce((total, bar) => total + bar.requests, 0);
  const errors = some.reduce((total, bar) => total + bar.errors, 0);
  const seconds = some.reduce((total, bar) => total + (bar.end - bar.start) / 1000, 0);
  return { requests, errors, rate: seconds > 0 ? requests / seconds : 0 };
}

/** The last whole minute: of the bucket that is still being filled, nobody knows the rate yet. */
export function lastMinute(all: readonly Bar[]): Sum {
  const complete = all.slice(0, -1);
  const since = (complete.at(-1)?.end ?? 0) - 60_000;
  return sum(complete.filter(({ start }) => start >= since));
}

/** Errors of the last minute, and of what is being counted just now: those are not to wait. */
export function recentErrors(all: readonly Bar[]): number {
  return lastMinute(all).errors + (all.at(-1)?.errors ?? 0);
}

/** Of each run of bars with errors the worst: what is pointed at, so that arrows never overlap. */
export function worstOfEachRun(all: readonly Bar[]): Bar[] {
  const worst: Bar[] = [];
  let running = false;
  for (const bar of all) {
    const known = worst.at(-1);
    if (bar.errors > 0 && (!running || known === undefined)) worst.push(bar);
    else if (known !== undefined && bar.errors > known.errors) worst[worst.length - 1] = bar;
    running = bar.errors > 0;
  }
  return worst;
}

/** Minute by minute, for a table. */
export function minutes(all: readonly Bar[]): { start: number; sum: Sum }[] {
  const length = all[0] ? Math.max(Math.round(60_000 / (all[0].end - all[0].start)), 1) : 1;
  return all.flatMap((bar, place) =>
    place % length === 0 ? [{ start: bar.start, sum: sum(all.slice(place, place + length)) }] : [],
  );
}
