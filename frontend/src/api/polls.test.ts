import { expect, test } from "vitest";

import { type LiveResults, resultsOutage } from "./polls";
import { Problem } from "./problem";
import { outageOf, retryOptions } from "./query";
import { backoffDelay } from "./retry-policy";

const results: LiveResults = {
  ballots: 0,
  hidden: false,
  options: [],
  closed: false,
  closes_at: null,
  as_of: "2030-01-01T00:00:00Z",
  staleAnswers: 0,
  failing: false,
};
const asked = { failureCount: 0, failureReason: null, fetchStatus: "idle" } as const;
const away = new Problem(502, "", "");
const fault = new Problem(500, "", "");

test("old copies are outdated once they are no coincidence", () => {
  expect(resultsOutage({ ...asked, data: results })).toBeUndefined();
  expect(resultsOutage({ ...asked, data: { ...results, staleAnswers: 3 } })).toBeUndefined();
  expect(resultsOutage({ ...asked, data: { ...results, staleAnswers: 6 } })).toBe("away");
  expect(resultsOutage({ ...asked, data: { ...results, failing: true } })).toBe("failing");
});

test("so is whatever is shown while the server or the network is away, or the server fails", () => {
  expect(outageOf(asked)).toBeUndefined();
  expect(outageOf({ ...asked, failureCount: 1, failureReason: away })).toBe("away");
  expect(outageOf({ ...asked, failureCount: 1, failureReason: fault })).toBe("failing");
  expect(outageOf({ ...asked, failureCount: 1, failureReason: fault, fetchStatus: "paused" })).toBe("away");
});

function tries(errors: Problem[], isShown?: () => boolean): boolean[] {
  const { retry } = retryOptions(isShown);
  return errors.map((error, failures) => retry(failures, error));
}

test("a server that was away for long and then fails is still asked a few times more", () => {
  const goesOn = tries([...Array<Problem>(40).fill(away), fault, fault, away, fault, fault]);
  expect(goesOn.indexOf(false)).toBe(44);
});

test("what is shown is asked for again and again, also where the server fails", () => {
  expect(tries(Array<Problem>(40).fill(fault), () => true)).not.toContain(false);
});

test("each time it is asked for, the faults are counted anew", () => {
  const { retry } = retryOptions();
  for (let time = 0; time < 2; time += 1) {
    expect([0, 1, 2, 3].map((failures) => retry(failures, fault))).toEqual([true, true, true, false]);
  }
});

test("the pauses between the tries are those of a server that must not be overrun", () => {
  const { retryDelay } = retryOptions();
  for (const failures of [0, 1, 2, 40]) {
    const pause = retryDelay(failures, away);
    expect(pause).toBeGreaterThanOrEqual(backoffDelay(failures, away, 0));
    expect(pause).toBeLessThanOrEqual(backoffDelay(failures, away, 1));
  }
});
