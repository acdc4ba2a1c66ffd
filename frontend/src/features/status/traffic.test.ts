import { expect, test } from "vitest";

import { bars, lastMinute, minutes, recentErrors, sum, worstOfEachRun } from "./traffic";

function traffic(...counts: [number, number][]) {
  return bars({
    bucket_seconds: 10,
    buckets: counts.map(([requests, errors], place) => ({
      start: new Date(Date.parse("2030-01-31T18:00:00Z") + place * 10_000).toISOString(),
      requests,
      errors,
    })),
  });
}

const errors = (...counts: number[]) => traffic(...counts.map((n): [number, number] => [n, n]));

test("the rate is that of the last complete minute", () => {
  const all = traffic([999, 9], [10, 0], [20, 1], [30, 0], [0, 0], [0, 0], [0, 0], [5_000, 2]);
  expect(lastMinute(all)).toEqual({ requests: 60, errors: 1, rate: 1 });
  expect(lastMinute([])).toEqual({ requests: 0, errors: 0, rate: 0 });
});

test("errors of the current bucket count", () => {
  expect(recentErrors(traffic([9, 9], [1, 1], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [2, 2]))).toBe(3);
  expect(recentErrors([])).toBe(0);
});

test("the worst bar of each run of errors is found", () => {
  const all = errors(0, 1, 3, 2, 0, 0, 1, 0, 2);
  expect(worstOfEachRun(all)).toEqual([all[2], all[6], all[8]]);
  expect(worstOfEachRun(errors(0, 0))).toEqual([]);
});

test("minutes add up to the total", () => {
  const all = errors(...Array.from({ length: 60 }, (_, place) => place));
  const told = minutes(all);
  expect(told).toHaveLength(10);
  expect(told.reduce((total, minute) => total + minute.sum.requests, 0)).toBe(sum(all).requests);
  expect(minutes([])).toEqual([]);
});
