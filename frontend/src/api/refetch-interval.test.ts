import { expect, test } from "vitest";

import { chartInterval, MAX_STALE_ANSWERS, newerState, resultsInterval } from "./refetch-interval";

const looking = { visible: true, closed: false, watching: true, staleAnswers: 0 };

test("a room that watches an open poll sees a vote within two seconds", () => {
  // The front door's copy is a second old at most, and a look finds the new one, or asks again soon.
  const look = resultsInterval(looking);
  expect(look).toBeLessThanOrEqual(1_000);
  expect(look + resultsInterval({ ...looking, staleAnswers: 1 })).toBeLessThanOrEqual(1_500);
});

test("a ballot that has found the count of before looks again at once: it keeps it for offline", () => {
  expect(resultsInterval({ ...looking, watching: false, staleAnswers: 1 })).toBeLessThan(1_000);
});

test("while the app is away, copies that stay old are seldom asked for in a hurry", () => {
  const hurried = (staleAnswers: number) => resultsInterval({ ...looking, staleAnswers }) < resultsInterval(looking);
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(hurried)).toEqual([1, 2, 3, 6, 9]);
});

test("once the app is back, looks do not keep step with copies that last until their second is over", () => {
  let [now, renewed, staleAnswers] = [100, 0, MAX_STALE_ANSWERS + 1];
  for (let looks = 0; looks < 4 && staleAnswers > 0; looks += 1) {
    now += resultsInterval({ ...looking, staleAnswers });
    const second = Math.floor(now / 1_000);
    staleAnswers = second > renewed ? staleAnswers + 1 : 0;
    renewed = second; // by the look that found an old one
  }
  expect(staleAnswers).toBe(0);
});

test("it is asked less often where nothing is to be seen", () => {
  const live = resultsInterval(looking);
  const closed = resultsInterval({ ...looking, closed: true });
  const ballot = resultsInterval({ ...looking, watching: false });
  const hidden = resultsInterval({ ...looking, visible: false });
  expect(closed).toBeGreaterThan(live);
  expect(ballot).toBeGreaterThan(live);
  expect(hidden).toBeGreaterThan(closed);
});

test("a chart moves every five seconds, and less often where nobody looks", () => {
  expect(chartInterval(true)).toBe(5_000);
  expect(chartInterval(false)).toBeGreaterThan(chartInterval(true));
});

test("a copy of the results from before does not open a poll that was found closed", () => {
  const poll = { data: { closed: true }, dataUpdatedAt: 100_000 };
  const copy = (seconds: number) => ({ data: { closed: false }, dataUpdatedAt: 100_000 + seconds * 1000 });
  expect(newerState(poll, copy(-50)).closed).toBe(true);
  expect(newerState(poll, copy(1)).closed).toBe(true);
  expect(newerState(poll, copy(7)).closed).toBe(false);
  expect(newerState(poll, { data: undefined, dataUpdatedAt: 0 }).closed).toBe(true);
});

test("the results tell that a poll was closed since it was asked for", () => {
  const poll = { data: { closed: false }, dataUpdatedAt: 100_000 };
  expect(newerState(poll, { data: { closed: true }, dataUpdatedAt: 107_000 }).closed).toBe(true);
});
