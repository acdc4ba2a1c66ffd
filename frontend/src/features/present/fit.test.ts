import { expect, test } from "vitest";

import { largestFit } from "./fit";

test("the largest scale that fits is found in a few attempts", () => {
  const tried: number[] = [];
  const found = largestFit(
    (scale) => {
      tried.push(scale);
      return scale <= 0.77;
    },
    0.3,
    1.5,
  );
  expect(found).toBeLessThanOrEqual(0.77);
  expect(found).toBeGreaterThan(0.76);
  expect(tried.length).toBeLessThan(12);
});

test("content that fits has the largest scale", () => {
  expect(largestFit(() => true, 0.3, 1.5)).toBe(1.5);
});

test("content that never fits has the smallest scale", () => {
  expect(largestFit(() => false, 0.3, 1.5)).toBe(0.3);
});
