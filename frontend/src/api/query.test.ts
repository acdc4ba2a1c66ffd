import { expect, test } from "vitest";

import { Problem } from "./problem";
import { outageOf, retryOptions } from "./query";
import { backoffDelay } from "./retry-policy";

const progress = { failureCount: 0, failureReason: null, fetchStatus: "idle" } as const;
const away = new Problem(502, "", "");
const fault = new Problem(500, "", "");

test("an outage is away without an answer, failing after a fault", () => {
  expect(outageOf(progress)).toBeUndefined();
  expect(outageOf({ ...progress, failureCount: 1, failureReason: away })).toBe("away");
  expect(outageOf({ ...progress, failureCount: 1, failureReason: fault })).toBe("failing");
  expect(outageOf({ ...progress, failureCount: 1, failureReason: fault, fetchStatus: "paused" })).toBe("away");
});

function tries(errors: Problem[], isShown?: () => boolean): boolean[] {
  const { retry } = retryOptions(isShown);
  return errors.map((error, failures) => retry(failures, error));
}

test("faults after a long outage are still retried three times", () => {
  const goesOn = tries([...Array<Problem>(40).fill(away), fault, fault, away, fault, fault]);
  expect(goesOn.indexOf(false)).toBe(44);
});

test("a query with data is retried without limit", () => {
  expect(tries(Array<Problem>(40).fill(fault), () => true)).not.toContain(false);
});

test("each fetch counts its faults anew", () => {
  const { retry } = retryOptions();
  for (let time = 0; time < 2; time += 1) {
    expect([0, 1, 2, 3].map((failures) => retry(failures, fault))).toEqual([true, true, true, false]);
  }
});

test("the delay between retries is the backoff delay", () => {
  const { retryDelay } = retryOptions();
  for (const failures of [0, 1, 2, 40]) {
    const pause = retryDelay(failures, away);
    expect(pause).toBeGreaterThanOrEqual(backoffDelay(failures, away, 0));
    expect(pause).toBeLessThanOrEqual(backoffDelay(failures, away, 1));
  }
});
