import { expect, test } from "vitest";

import { NAMED, race, spread } from "./race";

const START = "2030-01-31T18:00:00Z";

function timeline(...votes: number[][]) {
  const first = Date.parse(START);
  return {
    hidden: false,
    bucket_seconds: 5,
    options: (votes[0] ?? []).map((_, place) => ({ id: place + 1, label: `Option ${place + 1}` })),
    buckets: votes.map((counts, number) => ({
      start: new Date(first + number * 5_000).toISOString(),
      ballots: 1,
      votes: counts,
    })),
  };
}

test("votes are added up, from nothing at the beginning to all at the end", () => {
  const found = race(timeline([1, 0], [0, 0], [2, 1]));
  expect(found).toMatchObject({ from: Date.parse(START), to: Date.parse(START) + 15_000, most: 3 });
  expect(found?.leading[0]?.points.map(({ votes }) => votes)).toEqual([0, 1, 1, 3]);
  expect(found?.leading[0]?.points.map(({ at }) => at - Date.parse(START))).toEqual([0, 5_000, 10_000, 15_000]);
});

test("who has the most is first, and who has none does not run", () => {
  const found = race(timeline([1, 0, 3, 1]));
  expect(found?.leading.map(({ id }) => id)).toEqual([3, 1, 4]);
  expect(found?.others).toEqual([]);
});

test("few are named, however many there are", () => {
  const found = race(timeline(Array.from({ length: 20 }, (_, place) => place)));
  expect(found?.leading.map(({ id }) => id)).toEqual([20, 19, 18, 17]);
  expect(found?.leading).toHaveLength(NAMED);
  expect(found?.others).toHaveLength(15);
});

test("without votes there is no race", () => {
  expect(race(timeline())).toBeUndefined();
});

test("of many points few are read out, and the last is one of them", () => {
  const points = Array.from({ length: 201 }, (_, place) => place);
  const few = spread(points, 12);
  expect(few.length).toBeLessThanOrEqual(12);
  expect(few.at(-1)).toBe(200);
  expect(spread([0, 1, 2], 12)).toEqual([1, 2]);
});
