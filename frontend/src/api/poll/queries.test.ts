import { expect, test } from "vitest";

import { type LiveResults, resultsOutage } from "./queries";

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
const progress = { failureCount: 0, failureReason: null, fetchStatus: "idle" } as const;

test("results count as outdated after many stale answers or a fault", () => {
  expect(resultsOutage({ ...progress, data: results })).toBeUndefined();
  expect(resultsOutage({ ...progress, data: { ...results, staleAnswers: 3 } })).toBeUndefined();
  expect(resultsOutage({ ...progress, data: { ...results, staleAnswers: 6 } })).toBe("away");
  expect(resultsOutage({ ...progress, data: { ...results, failing: true } })).toBe("failing");
});
