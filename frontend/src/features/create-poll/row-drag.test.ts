import { expect, test } from "vitest";

import { dropIndex } from "./row-drag";

// Three rows of 40 and one of 80 pixels, 10 between them.
const boxes = [
  { top: 0, height: 40 },
  { top: 50, height: 40 },
  { top: 100, height: 80 },
  { top: 190, height: 40 },
];

test("a row is dropped where it covers more than half of another", () => {
  expect(dropIndex(boxes, 0, 0)).toBe(0);
  expect(dropIndex(boxes, 0, 30)).toBe(0);
  expect(dropIndex(boxes, 0, 31)).toBe(1);
  expect(dropIndex(boxes, 0, 101)).toBe(2);
  expect(dropIndex(boxes, 0, 190)).toBe(3);
  expect(dropIndex(boxes, 3, -50)).toBe(3);
  expect(dropIndex(boxes, 3, -51)).toBe(2);
  expect(dropIndex(boxes, 3, -190)).toBe(0);
});

test("a tall row needs the same distance as a short one", () => {
  expect(dropIndex(boxes, 2, 30)).toBe(2);
  expect(dropIndex(boxes, 2, 31)).toBe(3);
  expect(dropIndex(boxes, 2, -30)).toBe(2);
  expect(dropIndex(boxes, 2, -31)).toBe(1);
});
