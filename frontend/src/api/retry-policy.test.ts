import { expect, test } from "vitest";

import { NO_ANSWER, Problem } from "./problem";
import { backoff, newest, OUTDATED, pollingInterval, steadyInterval, worthRetrying } from "./retry-policy";

const looking = { visible: true, closed: false, watching: true, staleLooks: 0 };

test("a room that watches an open poll sees a vote within two seconds", () => {
  // The front door's copy is a second old at most, and a look finds the new one, or asks again soon.
  const look = pollingInterval(looking);
  expect(look).toBeLessThanOrEqual(1_000);
  expect(look + pollingInterval({ ...looking, staleLooks: 1 })).toBeLessThanOrEqual(1_500);
});

test("a ballot that has found the count of before looks again at once: it keeps it for offline", () => {
  expect(pollingInterval({ ...looking, watching: false, staleLooks: 1 })).toBeLessThan(1_000);
});

test("while the app is away, copies that stay old are seldom asked for in a hurry", () => {
  const hurried = (staleLooks: number) => pollingInterval({ ...looking, staleLooks }) < pollingInterval(looking);
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].filter(hurried)).toEqual([1, 2, 3, 6, 9]);
});

test("once the app is back, looks do not keep step with copies that last until their second is over", () => {
  let [now, renewed, staleLooks] = [100, 0, OUTDATED + 1];
  for (let looks = 0; looks < 4 && staleLooks > 0; looks += 1) {
    now += pollingInterval({ ...looking, staleLooks });
    const second = Math.floor(now / 1_000);
    staleLooks = second > renewed ? staleLooks + 1 : 0;
    renewed = second; // by the look that found an old one
  }
  expect(staleLooks).toBe(0);
});

test("it is asked less often where nothing is to be seen", () => {
  const live = pollingInterval(looking);
  const closed = pollingInterval({ ...looking, closed: true });
  const ballot = pollingInterval({ ...looking, watching: false });
  const hidden = pollingInterval({ ...looking, visible: false });
  expect(closed).toBeGreaterThan(live);
  expect(ballot).toBeGreaterThan(live);
  expect(hidden).toBeGreaterThan(closed);
});

test("a chart moves every five seconds, and less often where nobody looks", () => {
  expect(steadyInterval(true)).toBe(5_000);
  expect(steadyInterval(false)).toBeGreaterThan(steadyInterval(true));
});

test("the server's wish to be left alone is heard, within limits", () => {
  const wishing = (milliseconds: number) => new Problem(503, "", "", [], milliseconds);
  expect(backoff(0, wishing(8_000), 0)).toBe(8_000);
  expect(backoff(0, wishing(3_600_000), 0)).toBe(15_000);
});

test("what is refused is not asked again", () => {
  expect(worthRetrying(new Problem(404, "", ""), 0)).toBe(false);
  expect(worthRetrying(new Error("a mistake of ours"), 0)).toBe(false);
  expect(worthRetrying(new Problem(NO_ANSWER, "", ""), 99)).toBe(true);
});

test("what the server fails at is tried three times more", () => {
  const fault = new Problem(500, "", "");
  expect([1, 2, 3, 4].map((faults) => worthRetrying(fault, faults))).toEqual([true, true, true, false]);
});

test("pauses grow, to 5 seconds at first and 15 later, differ between phones, and heed the server", () => {
  const away = new Problem(503, "", "");
  expect(backoff(0, away, 1)).toBe(1_500);
  expect(backoff(1, away, 1)).toBe(3_000);
  expect(backoff(2, away, 1)).toBe(5_000);
  expect(backoff(39, away, 1)).toBe(5_000);
  expect(backoff(40, away, 1)).toBe(15_000);
  expect(backoff(2, away, 0)).toBe(2_500);
  expect(backoff(0, new Problem(503, "", "", [], 9_000), 1)).toBe(9_000);
});

test("a copy of the results from before does not open a poll that was found closed", () => {
  const poll = { data: { closed: true }, dataUpdatedAt: 100_000 };
  const copy = (seconds: number) => ({ data: { closed: false }, dataUpdatedAt: 100_000 + seconds * 1000 });
  expect(newest(poll, copy(-50)).closed).toBe(true);
  expect(newest(poll, copy(1)).closed).toBe(true);
  expect(newest(poll, copy(7)).closed).toBe(false);
  expect(newest(poll, { data: undefined, dataUpdatedAt: 0 }).closed).toBe(true);
});

test("the results tell that a poll was closed since it was asked for", () => {
  const poll = { data: { closed: false }, dataUpdatedAt: 100_000 };
  expect(newest(poll, { data: { closed: true }, dataUpdatedAt: 107_000 }).closed).toBe(true);
});
