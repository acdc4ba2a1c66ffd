import { expect, test } from "vitest";

import { leadingLabels, shares } from "./shares";

function counts(...votes: number[]) {
  return votes.map((count, index) => ({ id: index + 1, label: `Option ${index + 1}`, votes: count }));
}

function percents(ballots: number, ...votes: number[]) {
  return shares(counts(...votes), ballots).map(({ percent }) => percent);
}

test("no ballots are no shares and no leader", () => {
  const none = shares(counts(0, 0), 0);
  expect(none.map(({ fraction, percent, leads }) => [fraction, percent, leads])).toEqual([
    [0, 0, false],
    [0, 0, false],
  ]);
});

test("a share is of the ballots, so several choices add up to more than a whole", () => {
  expect(percents(4, 2, 3, 4)).toEqual([50, 75, 100]);
});

test("one vote among thousands is not nothing, and all but one is not all", () => {
  expect(percents(10_000, 1, 9_999)).toEqual([1, 99]);
});

test("a cached count that lags behind never draws a bar past its end", () => {
  expect(shares(counts(3), 2)[0]?.fraction).toBe(1);
});

test("options that are level lead together", () => {
  expect(shares(counts(4, 1, 4), 9).map(({ leads }) => leads)).toEqual([true, false, true]);
});

test("labels of leading options are those with the most votes, and none without a vote", () => {
  expect(leadingLabels(counts(4, 1, 4), 9)).toEqual(["Option 1", "Option 3"]);
  expect(leadingLabels(counts(0, 0), 0)).toEqual([]);
});
