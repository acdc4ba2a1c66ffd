import { expect, test } from "vitest";

import { NO_ANSWER, Problem } from "./problem";
import { backoffDelay, shouldRetry } from "./retry-policy";

test("the server's wish to be left alone is heard, within limits", () => {
  const wishing = (milliseconds: number) => new Problem(503, "", "", [], milliseconds);
  expect(backoffDelay(0, wishing(8_000), 0)).toBe(8_000);
  expect(backoffDelay(0, wishing(3_600_000), 0)).toBe(15_000);
});

test("what is refused is not asked again", () => {
  expect(shouldRetry(new Problem(404, "", ""), 0)).toBe(false);
  expect(shouldRetry(new Error("a mistake of ours"), 0)).toBe(false);
  expect(shouldRetry(new Problem(NO_ANSWER, "", ""), 99)).toBe(true);
});

test("what the server fails at is tried three times more", () => {
  const fault = new Problem(500, "", "");
  expect([1, 2, 3, 4].map((faults) => shouldRetry(fault, faults))).toEqual([true, true, true, false]);
});

test("pauses grow, to 5 seconds at first and 15 later, differ between phones, and heed the server", () => {
  const away = new Problem(503, "", "");
  expect(backoffDelay(0, away, 1)).toBe(1_500);
  expect(backoffDelay(1, away, 1)).toBe(3_000);
  expect(backoffDelay(2, away, 1)).toBe(5_000);
  expect(backoffDelay(39, away, 1)).toBe(5_000);
  expect(backoffDelay(40, away, 1)).toBe(15_000);
  expect(backoffDelay(2, away, 0)).toBe(2_500);
  expect(backoffDelay(0, new Problem(503, "", "", [], 9_000), 1)).toBe(9_000);
});
