import { expect, test } from "vitest";

import { NO_ANSWER, Problem } from "./problem";
import { backoffDelay, shouldRetry } from "./retry-policy";

test("Retry-After is honoured up to the longest backoff", () => {
  const retryAfter = (milliseconds: number) => new Problem(503, "", "", [], milliseconds);
  expect(backoffDelay(0, retryAfter(8_000), 0)).toBe(8_000);
  expect(backoffDelay(0, retryAfter(3_600_000), 0)).toBe(15_000);
});

test("a refusal is not retried", () => {
  expect(shouldRetry(new Problem(404, "", ""), 0)).toBe(false);
  expect(shouldRetry(new Error("a bug of ours"), 0)).toBe(false);
  expect(shouldRetry(new Problem(NO_ANSWER, "", ""), 99)).toBe(true);
});

test("a fault is retried three times", () => {
  const fault = new Problem(500, "", "");
  expect([1, 2, 3, 4].map((faults) => shouldRetry(fault, faults))).toEqual([true, true, true, false]);
});

test("the backoff grows to 5 seconds at first and 15 later, with jitter", () => {
  const away = new Problem(503, "", "");
  expect(backoffDelay(0, away, 1)).toBe(1_500);
  expect(backoffDelay(1, away, 1)).toBe(3_000);
  expect(backoffDelay(2, away, 1)).toBe(5_000);
  expect(backoffDelay(39, away, 1)).toBe(5_000);
  expect(backoffDelay(40, away, 1)).toBe(15_000);
  expect(backoffDelay(2, away, 0)).toBe(2_500);
  expect(backoffDelay(0, new Problem(503, "", "", [], 9_000), 1)).toBe(9_000);
});
