import { expect, test } from "vitest";

import { isOutdated, type Watched } from "./polls";

const results: Watched = {
  ballots: 0,
  hidden: false,
  options: [],
  closed: false,
  as_of: "2030-01-01T00:00:00Z",
  staleLooks: 0,
};
const asked = { failureCount: 0, fetchStatus: "idle" } as const;

test("old copies are outdated once they are no coincidence", () => {
  expect(isOutdated({ ...asked, data: results })).toBe(false);
  expect(isOutdated({ ...asked, data: { ...results, staleLooks: 3 } })).toBe(false);
  expect(isOutdated({ ...asked, data: { ...results, staleLooks: 6 } })).toBe(true);
});

test("so is whatever is shown while the server or the network is away", () => {
  expect(isOutdated({ ...asked, failureCount: 1, data: results })).toBe(true);
  expect(isOutdated({ ...asked, fetchStatus: "paused", data: results })).toBe(true);
});
