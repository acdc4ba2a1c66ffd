import { expect, test } from "vitest";

import { NAMED, sampleEvenly, voteSeries } from "./vote-series";

const AT = Date.parse("2030-01-31T18:00:00Z");

/** Votes in buckets of five seconds, fetched `seconds` after the start of the first. */
function timelineAfter(seconds: number, ...votes: number[][]) {
  return {
    hidden: false,
    until: new Date(AT + seconds * 1_000).toISOString(),
    bucket_seconds: 5,
    options: (votes[0] ?? []).map((_, place) => ({ id: place + 1, label: `Option ${place + 1}` })),
    buckets: votes.map((counts, number) => ({
      start: new Date(AT + number * 5_000).toISOString(),
      ballots: 1,
      votes: counts,
    })),
  };
}

function timeline(...votes: number[][]) {
  return timelineAfter(120, ...votes);
}

test("votes are added up from zero to the total", () => {
  const found = voteSeries(timeline([1, 0], [0, 0], [2, 1]));
  expect(found?.most).toBe(3);
  expect(found?.leading[0]?.points.slice(1, 5)).toEqual([
    { at: AT, votes: 0 },
    { at: AT + 5_000, votes: 1 },
    { at: AT + 10_000, votes: 1 },
    { at: AT + 15_000, votes: 3 },
  ]);
});

test("a series starts a little before the first vote", () => {
  const found = voteSeries(timelineAfter(600, [1]));
  expect(found?.from).toBe(AT - 30_000);
  expect(found?.leading[0]?.points[0]).toEqual({ at: AT - 30_000, votes: 0 });
});

test("a series continues to now or to the closing of the poll", () => {
  const found = voteSeries(timelineAfter(600, [1, 0], [2, 1]));
  expect(found?.to).toBe(AT + 600_000);
  expect(found?.leading.map(({ points }) => points.at(-1))).toEqual([
    { at: AT + 600_000, votes: 3 },
    { at: AT + 600_000, votes: 1 },
  ]);
});

test("a single recent vote is drawn within one minute", () => {
  const found = voteSeries(timelineAfter(2, [0, 1]));
  expect(found).toMatchObject({ from: AT - 58_000, to: AT + 2_000 });
  expect(found?.leading[0]?.points).toEqual([
    { at: AT - 58_000, votes: 0 },
    { at: AT, votes: 0 },
    { at: AT + 2_000, votes: 1 }, // the bucket is not over yet
  ]);
});

test("a clock that is behind hides no vote", () => {
  const found = voteSeries(timelineAfter(3, [1], [0], [1]));
  expect(found?.to).toBe(AT + 10_000);
  expect(found?.leading[0]?.points.at(-1)).toEqual({ at: AT + 10_000, votes: 2 });
});

test("options are sorted by votes, without those that have none", () => {
  const found = voteSeries(timeline([1, 0, 3, 1]));
  expect(found?.leading.map(({ id }) => id)).toEqual([3, 1, 4]);
  expect(found?.others).toEqual([]);
});

test("only the first options are named", () => {
  const found = voteSeries(timeline(Array.from({ length: 20 }, (_, place) => place)));
  expect(found?.leading.map(({ id }) => id)).toEqual([20, 19, 18, 17]);
  expect(found?.leading).toHaveLength(NAMED);
  expect(found?.others).toHaveLength(15);
});

test("a timeline without votes has no series", () => {
  expect(voteSeries(timeline())).toBeUndefined();
});

test("sampling keeps few points, including the last", () => {
  const points = Array.from({ length: 201 }, (_, place) => place);
  const few = sampleEvenly(points, 12);
  expect(few.length).toBeLessThanOrEqual(12);
  expect(few.at(-1)).toBe(200);
  expect(sampleEvenly([0, 1, 2], 12)).toEqual([1, 2]);
});
