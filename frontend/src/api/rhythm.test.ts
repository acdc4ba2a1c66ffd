import { expect, test } from "vitest";

import { NO_ANSWER, Problem } from "./problem";
import { backoff, pollingInterval, steadyInterval, worthRetrying } from "./rhythm";

test("a room that watches an open poll sees a vote within two seconds", () => {
  expect(pollingInterval({ visible: true, closed: false, watching: true }) * 2).toBeLessThanOrEqual(2_000);
});

test("it is asked less often where nothing is to be seen", () => {
  const live = pollingInterval({ visible: true, closed: false, watching: true });
  const closed = pollingInterval({ visible: true, closed: true, watching: true });
  const ballot = pollingInterval({ visible: true, closed: false, watching: false });
  const hidden = pollingInterval({ visible: false, closed: false, watching: true });
  expect(closed).toBeGreaterThan(live);
  expect(ballot).toBeGreaterThan(live);
  expect(hidden).toBeGreaterThan(closed);
});

test("a chart moves every five seconds, and less often where nobody looks", () => {
  expect(steadyInterval(true)).toBe(5_000);
  expect(steadyInterval(false)).toBeGreaterThan(steadyInterval(true));
});

test("what is refused is not asked again", () => {
  expect(worthRetrying(new Problem(404, "", ""))).toBe(false);
  expect(worthRetrying(new Error("a mistake of ours"))).toBe(false);
  expect(worthRetrying(new Problem(NO_ANSWER, "", ""))).toBe(true);
});

test("pauses grow, end at 15 seconds, differ between phones, and heed the server", () => {
  const away = new Problem(503, "", "");
  expect(backoff(0, away, 1)).toBe(1_500);
  expect(backoff(2, away, 1)).toBe(6_000);
  expect(backoff(40, away, 1)).toBe(15_000);
  expect(backoff(2, away, 0)).toBe(3_000);
  expect(backoff(0, new Problem(503, "", "", [], 9_000), 1)).toBe(9_000);
});
