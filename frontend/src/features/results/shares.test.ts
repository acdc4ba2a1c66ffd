import { expect, test } from "vitest";

import { leadingLabels, shares } from "./shares";

function counts(...votes: number[]) {
  return votes.map((count, index) => ({ id: index + 1, label: `Option ${index + 1}`, votes: count }));
}

function percents(ballots: number, ...votes: number[]) {
  return shares(counts(...votes), ballots).map(({ percent }) => percent);
}

test("without ballots there are no shares and no leader", () => {
  const none = shares(counts(0, 0), 0);
  expect(none.map(({ fraction, percent, leads }) => [fraction, percent, leads])).toEqual([
    [0, 0, false],
    [0, 0, false],
  ]);
});

test("shares of multiple choices add up to more than one", () => {
  expect(percents(4, 2, 3, 4)).toEqual([50, 75, 100]);
});

test("shares round to 0 or 100 only for none or all", () => {
  expect(percents(10_000, 1, 9_999)).toEqual([1, 99]);
});

test("a share is never more than one", () => {
  expect(shares(counts(3), 2)[0]?.fraction).toBe(1);
});

test("tied options lead together", () => {
  expect(shares(counts(4, 1, 4), 9).map(({ leads }) => leads)).toEqual([true, false, true]);
});

test("leading labels are those with the most votes, if any", () => {
  expect(leadingLabels(counts(4, 1, 4), 9)).toEqual(["Option 1", "Option 3"]);
  expect(leadingLabels(counts(0, 0), 0)).toEqual([]);
});
