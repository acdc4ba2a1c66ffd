import { expect, test } from "vitest";

import { formatDuration, formatRate, formatTick } from "./figures";

test("a duration has its two largest units", () => {
  expect(formatDuration(0)).toBe("0 s");
  expect(formatDuration(59.9)).toBe("59 s");
  expect(formatDuration(60)).toBe("1 min 0 s");
  expect(formatDuration(3_599)).toBe("59 min 59 s");
  expect(formatDuration(18_030)).toBe("5 h 0 min");
  expect(formatDuration(12 * 86_400 + 4 * 3_600 + 59)).toBe("12 d 4 h");
  expect(formatDuration(-3)).toBe("0 s"); // the clock was changed
});

test("a rate is rounded to its significant digits", () => {
  expect([0, 1 / 60, 4.68, 42.25, 1_250.4].map(formatRate)).toEqual(["0", "0.02", "4.7", "42.3", "1,250"]);
});

test("tick labels are short", () => {
  expect([0, 0.25, 1_500, 12_000].map(formatTick)).toEqual(["0", "0.25", "1,500", "12K"]);
});
