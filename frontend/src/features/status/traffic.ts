import type { Traffic } from "./status";

export interface Bar {
  /** Milliseconds since 1970, as `end`. */
  readonly start: number;
  readonly end: number;
  readonly requests: number;
  readonly errors: number;
}

/** The traffic of a period. */
export interface Sum {
  readonly requests: number;
  readonly errors: number;
  /** Requests per second. */
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

/** The last complete minute; the rate of the current bucket is not known yet. */
export function lastMinute(all: readonly Bar[]): Sum {
  const complete = all.slice(0, -1);
  const since = (complete.at(-1)?.end ?? 0) - 60_000;
  return sum(complete.filter(({ start }) => start >= since));
}

/** Errors of the last minute and of the current bucket. */
export function recentErrors(all: readonly Bar[]): number {
  return lastMinute(all).errors + (all.at(-1)?.errors ?? 0);
}

/** The worst bar of each run of bars with errors, so that arrows do not overlap. */
export function worstOfEachRun(all: readonly Bar[]): Bar[] {
  const worst: Bar[] = [];
  let inRun = false;
  for (const bar of all) {
    const known = worst.at(-1);
    if (bar.errors > 0 && (!inRun || known === undefined)) worst.push(bar);
    else if (known !== undefined && bar.errors > known.errors) worst[worst.length - 1] = bar;
    inRun = bar.errors > 0;
  }
  return worst;
}

/** The sums per minute, for the table. */
export function minutes(all: readonly Bar[]): { start: number; sum: Sum }[] {
  const length = all[0] ? Math.max(Math.round(60_000 / (all[0].end - all[0].start)), 1) : 1;
  return all.flatMap((bar, place) =>
    place % length === 0 ? [{ start: bar.start, sum: sum(all.slice(place, place + length)) }] : [],
  );
}
