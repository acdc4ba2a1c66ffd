import { expect, test } from "vitest";

import { largestFit } from "./fit";

test("the largest scale that fits is found, and is tried a few times only", () => {
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

test("what has room is as large as it may be", () => {
  expect(largestFit(() => true, 0.3, 1.5)).toBe(1.5);
});

test("what never fits is as small as it may be", () => {
  expect(largestFit(() => false, 0.3, 1.5)).toBe(0.3);
});
