import { expect, test } from "vitest";

import { chartInterval, MAX_STALE_ANSWERS, newerState, resultsInterval } from "./refetch-interval";

const watched = { visible: true, closed: false, watching: true, staleAnswers: 0 };

test("results of a watched open poll show a vote within two seconds", () => {
  // Nginx's copy is at most a second old; a refetch gets the new one, or is repeated soon.
  const interval = resultsInterval(watched);
  expect(interval).toBeLessThanOrEqual(1_000);
  expect(interval + resultsInterval({ ...watched, staleAnswers: 1 })).toBeLessThanOrEqual(1_500);
});

test("a ballot refetches a stale count at once, to have it offline", () => {
  expect(resultsInterval({ ...watched, watching: false, staleAnswers: 1 })).toBeLessThan(1_000);
});

test("stale copies are seldom refetched fast during an outage", () => {
  const isFast = (staleAnswers: number) => resultsInterval({ ...watched, staleAnswers }) < resultsInterval(watched);
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(isFast)).toEqual([1, 2, 3, 6, 9]);
});

test("refetches do not keep pace with the cache after an outage", () => {
  let [now, renewed, staleAnswers] = [100, 0, MAX_STALE_ANSWERS + 1];
  for (let fetches = 0; fetches < 4 && staleAnswers > 0; fetches += 1) {
    now += resultsInterval({ ...watched, staleAnswers });
    const second = Math.floor(now / 1_000);
    staleAnswers = second > renewed ? staleAnswers + 1 : 0;
    renewed = second; // by the request that got the stale one
  }
  expect(staleAnswers).toBe(0);
});

test("results are fetched less often when changes are not visible", () => {
  const live = resultsInterval(watched);
  const closed = resultsInterval({ ...watched, closed: true });
  const ballot = resultsInterval({ ...watched, watching: false });
  const hidden = resultsInterval({ ...watched, visible: false });
  expect(closed).toBeGreaterThan(live);
  expect(ballot).toBeGreaterThan(live);
  expect(hidden).toBeGreaterThan(closed);
});

test("a chart is refetched every five seconds, less often when hidden", () => {
  expect(chartInterval(true)).toBe(5_000);
  expect(chartInterval(false)).toBeGreaterThan(chartInterval(true));
});

test("older results do not reopen a poll that was found closed", () => {
  const poll = { data: { closed: true }, dataUpdatedAt: 100_000 };
  const copy = (seconds: number) => ({ data: { closed: false }, dataUpdatedAt: 100_000 + seconds * 1000 });
  expect(newerState(poll, copy(-50)).closed).toBe(true);
  expect(newerState(poll, copy(1)).closed).toBe(true);
  expect(newerState(poll, copy(7)).closed).toBe(false);
  expect(newerState(poll, { data: undefined, dataUpdatedAt: 0 }).closed).toBe(true);
});

test("newer results show that a poll was closed", () => {
  const poll = { data: { closed: false }, dataUpdatedAt: 100_000 };
  expect(newerState(poll, { data: { closed: true }, dataUpdatedAt: 107_000 }).closed).toBe(true);
});
