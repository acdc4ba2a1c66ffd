import { expect, test } from "vitest";

import { troubleOf, troubleOfResults, untilBack, type Watched } from "./polls";
import { Problem } from "./problem";
import { backoff } from "./retry-policy";

const results: Watched = {
  ballots: 0,
  hidden: false,
  options: [],
  closed: false,
  closes_at: null,
  as_of: "2030-01-01T00:00:00Z",
  staleLooks: 0,
  failing: false,
};
const asked = { failureCount: 0, failureReason: null, fetchStatus: "idle" } as const;
const away = new Problem(502, "", "");
const fault = new Problem(500, "", "");

test("old copies are outdated once they are no coincidence", () => {
  expect(troubleOfResults({ ...asked, data: results })).toBeUndefined();
  expect(troubleOfResults({ ...asked, data: { ...results, staleLooks: 3 } })).toBeUndefined();
  expect(troubleOfResults({ ...asked, data: { ...results, staleLooks: 6 } })).toBe("away");
  expect(troubleOfResults({ ...asked, data: { ...results, failing: true } })).toBe("failing");
});

test("so is whatever is shown while the server or the network is away, or the server fails", () => {
  expect(troubleOf(asked)).toBeUndefined();
  expect(troubleOf({ ...asked, failureCount: 1, failureReason: away })).toBe("away");
  expect(troubleOf({ ...asked, failureCount: 1, failureReason: fault })).toBe("failing");
  expect(troubleOf({ ...asked, failureCount: 1, failureReason: fault, fetchStatus: "paused" })).toBe("away");
});

function tries(errors: Problem[], isShown?: () => boolean): boolean[] {
  const { retry } = untilBack(isShown);
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
  const { retry } = untilBack();
  for (let time = 0; time < 2; time += 1) {
    expect([0, 1, 2, 3].map((failures) => retry(failures, fault))).toEqual([true, true, true, false]);
  }
});

test("the pauses between the tries are those of a server that must not be overrun", () => {
  const { retryDelay } = untilBack();
  for (const failures of [0, 1, 2, 40]) {
    const pause = retryDelay(failures, away);
    expect(pause).toBeGreaterThanOrEqual(backoff(failures, away, 0));
    expect(pause).toBeLessThanOrEqual(backoff(failures, away, 1));
  }
});
